// What machine config patches must not say of Nodes: what counts only when a machine registers for the first time, and what
// is Talos' own. Anything else of a Node is set by Talos or by the program (src/talos/node).
import { problem, type Problem } from "../problem.ts";
import type { StackReading } from "../readStack.ts";

type Values = StackReading["values"];

const controlPlane = "node-role.kubernetes.io/control-plane";
const onlyOnce = "counts only when a machine registers for the first time, and never again";
const talosOwn = "is set by Talos on control planes";

/** By path, keys that hold dots in brackets: why not, and what to do. */
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
  const lists: (readonly [string, readonly unknown[] | undefined])[] = [
    ...(["common", "controlplane", "worker"] as const).map(
      (kind) => [`patches.${kind}`, values.patches?.[kind]] as const,
    ),
    ...(values.nodes ?? []).map((node, index) => [`nodes[${String(index)}].patches`, node?.patches] as const),
  ];
  return lists.flatMap(([list, patches = []]) =>
    patches.flatMap((patch, index) =>
      refused
        .filter(({ path }) => isSet(valueAt(patch, path)))
        .map(({ path, why, todo }) => problem(`${list}[${String(index)}].${shownPath(path)}`, why, todo)),
    ),
  );
}

/** What a patch takes away, or says is off, does no harm. */
function isSet(value: unknown): boolean {
  return value !== undefined && value !== null && value !== false;
}

function shownPath(path: readonly string[]): string {
  return path.map((key, at) => (at === 0 ? key : /[./]/.test(key) ? `["${key}"]` : `.${key}`)).join("");
}

function valueAt(value: unknown, path: readonly string[]): unknown {
  return path.reduce<unknown>(
    (inner, key) =>
      typeof inner === "object" && inner !== null ? (inner as Record<string, unknown>)[key] : undefined,
    value,
  );
}
