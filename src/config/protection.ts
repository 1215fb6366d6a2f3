// What makes `protect` hold for the whole stack, by plain `pulumi destroy` too.
import * as pulumi from "@pulumi/pulumi";
import type { Config } from "./config.ts";

/**
 * A resource that is nothing, registered last and depending on everything. The engine deletes dependents first and looks at
 * `protect` only when a resource's turn comes: without this one, `destroy --skip-preview` of a protected stack had taken the
 * deploy key and the webhook from a living cluster before it came to a resource that is protected. An ordinary `up` never
 * deletes it. Source: pulumi v3.259.0 pkg/resource/deploy, ScheduleDeletes and DeleteStep.Apply.
 */
export class Protection extends pulumi.ComponentResource {
  constructor(name: string, { protect }: Pick<Config, "protect">, opts: pulumi.ComponentResourceOptions) {
    super("home-ops:config:Protection", name, {}, { ...opts, protect });
    this.registerOutputs({});
  }
}
