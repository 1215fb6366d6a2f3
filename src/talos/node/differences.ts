// Whether a Node shows what its machine's config says. Pure.
import type { KubeObject } from "../../steps/kubernetes.ts";
import { generationAnnotation } from "../../config/patches/program.ts";
import { isSameTaint, shownTaint, taintOf, type NodeMetadata } from "./metadata.ts";
import { isOwned, taintsOf } from "./ownership.ts";

/** A machine as its Node has to show it. */
export interface DeclaredNode extends NodeMetadata {
  /** e.g. `k8s-1` */
  readonly name: string;
  /** e.g. `192.0.2.11` */
  readonly address: string;
  /** Default 1, of which a Node says nothing. */
  readonly generation?: number;
}

/** Something that a Node shows otherwise, in words of a person. */
export interface Difference {
  /** e.g. `label node-role.kubernetes.io/gpu` */
  readonly what: string;
  /** e.g. `""` or `gpu:NoSchedule` */
  readonly declared: string;
  /** `nothing` where it is not there. */
  readonly found: string;
  /** Somebody else has set it: neither Talos nor the program will change it. */
  readonly theirs: boolean;
  /** What to do when it stays so. */
  readonly todo: string;
}

const nothing = "nothing";

/** Everything that a Node shows otherwise than it is declared. */
export function differences(node: KubeObject, declared: DeclaredNode): readonly Difference[] {
  const { generation = 1 } = declared;
  const annotations = {
    ...declared.annotations,
    ...(generation === 1 ? {} : { [generationAnnotation]: String(generation) }),
  };
  return [
    ...addressDifference(node, declared),
    ...textDifferences(node, "label", declared.labels ?? {}, declared),
    ...textDifferences(node, "annotation", annotations, declared),
    ...taintDifferences(node, declared),
  ];
}

/** A difference in one line, e.g. `k8s-4: label zone is nothing, declared is "attic"`. */
export function describeDifference(name: string, { what, declared, found }: Difference): string {
  return `${name}: ${what} is ${found}, declared is ${declared}`;
}

function addressDifference(node: KubeObject, { name, address }: DeclaredNode): readonly Difference[] {
  const all = (node.status?.["addresses"] ?? []) as readonly {
    readonly type: string;
    readonly address: string;
  }[];
  const found = all.filter(({ type }) => type === "InternalIP").map((one) => one.address);
  if (found.includes(address)) return [];
  return [
    {
      what: "address",
      declared: address,
      found: found.length === 0 ? nothing : found.join(", "),
      theirs: false,
      todo: `see which addresses the machine has inside network.nodeCidr: talosctl get addresses -n ${address}; write the one that its Node shows as nodes[].address of ${name}, or give it only that one`,
    },
  ];
}

function textDifferences(
  node: KubeObject,
  kind: "label" | "annotation",
  declared: Readonly<Record<string, string>>,
  machine: DeclaredNode,
): readonly Difference[] {
  const present = node.metadata?.[`${kind}s`] ?? {};
  const verb = kind === "label" ? "label" : "annotate";
  return Object.entries(declared)
    .filter(([key, value]) => present[key] !== value)
    .map(([key, value]) => {
      const found = present[key];
      const theirs = found !== undefined && !isOwned(node, `${kind}s`, key);
      return {
        what: `${kind} ${key}`,
        declared: JSON.stringify(value),
        found: found === undefined ? nothing : JSON.stringify(found),
        theirs,
        todo: theirs ? takeAway(`${verb} node ${machine.name} ${key}-`) : whyNot(machine),
      };
    });
}

function taintDifferences(node: KubeObject, machine: DeclaredNode): readonly Difference[] {
  return Object.entries(machine.taints ?? {}).flatMap(([key, text]) => {
    const wanted = taintOf(key, text);
    const present = taintsOf(node).filter((taint) => taint.key === key);
    if (present.some((taint) => isSameTaint(taint, wanted))) return [];
    const theirs = present.length > 0 && !isOwned(node, "taints", key);
    return [
      {
        what: `taint ${key}`,
        declared: shownTaint(wanted),
        found: present.length === 0 ? nothing : present.map(shownTaint).join(", "),
        theirs,
        todo: theirs ? takeAway(`taint node ${machine.name} ${key}-`) : whyNot(machine),
      },
    ];
  });
}

function takeAway(command: string): string {
  return `somebody else has set it; when that is a mistake: kubectl ${command}; otherwise take it out of the patches`;
}

function whyNot({ address }: DeclaredNode): string {
  return `see why Talos does not set it: talosctl logs controller-runtime -n ${address}, lines of k8s.NodeApplyController`;
}
