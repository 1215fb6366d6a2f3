// What machine config patches must not say of Nodes: what counts only when a machine registers for the first time, and what
// is Talos' own. Anything else of a Node is set by Talos or by the program (src/talos/node).
import { placedPatches } from "../patches/places.ts";
import { pathText, valueAt } from "../walk.ts";
import { problem, type Problem } from "../problem.ts";
import type { Values } from "../readStack.ts";

const controlPlane = "node-role.kubernetes.io/control-plane";
const onlyOnce = "counts only when a machine registers for the first time, and never again";
const talosOwn = "is set by Talos on control planes";

/** By path: why not, and what to do. */
const refused: readonly {
  readonly path: readonly string[];
  readonly why: string;
  readonly todo: string;
}[] = [
  {
    path: ["machine", "kubelet", "extraArgs", "node-labels"],
    why: onlyOnce,
    todo: "write the labels under machine.nodeLabels",
  },
  {
    path: ["machine", "kubelet", "extraArgs", "register-with-taints"],
    why: onlyOnce,
    todo: "write the taints under machine.nodeTaints",
  },
  {
    path: ["machine", "kubelet", "extraConfig", "registerWithTaints"],
    why: onlyOnce,
    todo: "write the taints under machine.nodeTaints",
  },
  { path: ["machine", "nodeLabels", controlPlane], why: talosOwn, todo: "set role of the node instead" },
  {
    path: ["machine", "nodeTaints", controlPlane],
    why: talosOwn,
    todo: "set cluster.allowSchedulingOnControlPlanes in patches.controlplane instead",
  },
];

/** All of it in the patches of the stack and of its nodes. */
export function checkNodeMetadata(values: Values): readonly Problem[] {
  return placedPatches(values).flatMap(({ path: place, patch }) =>
    refused
      .filter(({ path }) => isSet(valueAt(patch, path)))
      .map(({ path, why, todo }) => problem(pathText([...place, ...path]), why, todo)),
  );
}

/** What a patch takes away, or says is off, does no harm. */
function isSet(value: unknown): boolean {
  return value !== undefined && value !== null && value !== false;
}
