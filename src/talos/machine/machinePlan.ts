import { createHash } from "node:crypto";
import * as pulumi from "@pulumi/pulumi";
import type { Node } from "../../config/config.ts";

/** One machine with everything that is sent to it. */
export interface MachinePlan {
  readonly node: Node;
  /** Its hardware is dead: nothing is sent, and nothing happens to it when it is removed. */
  readonly isGone: boolean;
  /** Base machine config, with the patches that hold a secret; secret. */
  readonly base: pulumi.Output<string>;
  /** Readable patches on top, as JSON texts. */
  readonly patches: readonly string[];
}

/**
 * A hash of everything that is sent to a machine, so that what depends on it runs again when it changes. Not a secret:
 * it must be readable to compare, and nobody gets from it to what is in the config, not even to a short password in a patch:
 * the cluster's own keys stand in the same text, and whoever tries passwords would have to know those as well.
 */
export function configHash({ base, patches }: Pick<MachinePlan, "base" | "patches">): pulumi.Output<string> {
  return pulumi.unsecret(
    base.apply((text) =>
      createHash("sha256")
        .update([text, ...patches].join("\n---\n"))
        .digest("hex"),
    ),
  );
}
