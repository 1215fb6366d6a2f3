// Whether a Node shows what its machine's config says. Pure.
import { generationAnnotation } from "../../config/patches/program.ts";
import type { KubeObject } from "../../steps/kubernetes.ts";
import type { DeclaredNode } from "../contracts.ts";
import { addressesOf } from "./metadata.ts";
import { shownOtherwise, type Otherwise } from "./ownership.ts";

/** Something that a Node shows otherwise. */
export interface Difference extends Omit<Otherwise, "key" | "found"> {
  /** e.g. `label node-role.kubernetes.io/gpu` */
  readonly what: string;
  /** `nothing` where it is not there. */
  readonly found: string;
  /** All of it in one line, e.g. `k8s-4: label zone is nothing, declared is "attic"`. */
  readonly text: string;
  /** What to do when it stays so. */
  readonly todo: string;
}

/** What a Node says, with the verb of kubectl that changes it. */
const kinds = [
  ["labels", "label", "label"],
  ["annotations", "annotation", "annotate"],
  ["taints", "taint", "taint"],
] as const;

/** Everything that a Node shows otherwise than it is declared. */
export function differences(node: KubeObject, declared: DeclaredNode): readonly Difference[] {
  const { name, address, generation = 1 } = declared;
  const annotations = { ...declared.annotations };
  if (generation > 1) annotations[generationAnnotation] = String(generation);
  const difference = (what: string, todo: string, one: Omit<Otherwise, "key">): Difference => {
    const found = one.found.join(", ") || "nothing";
    return { ...one, what, found, todo, text: `${name}: ${what} is ${found}, declared is ${one.declared}` };
  };
  const whyNot = `see why Talos does not set it: talosctl logs controller-runtime -n ${address}, lines of k8s.NodeApplyController`;
  const found = addressesOf(node);
  const elsewhere = difference(
    "address",
    `see which addresses the machine has inside network.nodeCidr: talosctl get addresses -n ${address}; write the one that its Node shows as nodes[].address of ${name}, or give it only that one`,
    { declared: address, found, theirs: false },
  );
  return [
    ...(found.includes(address) ? [] : [elsewhere]),
    ...kinds.flatMap(([kind, word, verb]) =>
      shownOtherwise(node, kind, { ...declared, annotations }[kind]).map(({ key, ...one }) => {
        const takeAway = `somebody else has set it; when that is a mistake: kubectl ${verb} node ${name} ${key}-; otherwise take it out of the patches`;
        return difference(`${word} ${key}`, one.theirs ? takeAway : whyNot, one);
      }),
    ),
  ];
}
