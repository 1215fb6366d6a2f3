import { createHash } from "node:crypto";
import * as pulumi from "@pulumi/pulumi";
import type { Node } from "../config/schema.ts";

/** One machine with everything that is sent to it. */
export interface MachinePlan {
  readonly node: Node;
  /** Its hardware is dead: nothing is sent, and nothing happens to it when it is removed. */
  readonly isGone: boolean;
  /** Base machine config; secret. */
  readonly base: pulumi.Output<string>;
  /** Patches on top, as JSON texts. */
  readonly patches: readonly string[];
}

/**
 * A hash of everything that is sent to a machine, so that what depends on it runs again when it changes. Not a secret:
 * nobody gets from it to the keys in the config, and it must be readable to compare.
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
