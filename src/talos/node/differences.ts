// Whether a Node shows what its machine's config says. Pure.
import type { KubeObject } from "../../steps/kubernetes.ts";
import { generationAnnotation } from "../membership/generation.ts";
import { isSameTaint, shownTaint, taintOf, type NodeMetadata } from "./metadata.ts";
import { taintsOf } from "./ownership.ts";

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
    ...textDifferences("label", declared.labels ?? {}, node.metadata?.labels ?? {}, declared),
    ...textDifferences("annotation", annotations, node.metadata?.annotations ?? {}, declared),
    ...taintDifferences(node, declared),
  ];
}

/** All of them in one line, e.g. `k8s-4: label zone is nothing, declared is "attic"`. */
export function describeDifferences(name: string, found: readonly Difference[]): string {
  return found
    .map(({ what, declared, found: seen }) => `${name}: ${what} is ${seen}, declared is ${declared}`)
    .join("; ");
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
      todo: `see which addresses the machine has inside network.nodeCidr: talosctl get addresses -n ${address}; write the one that its Node shows as nodes[].address of ${name}, or give it only that one`,
    },
  ];
}

function textDifferences(
  kind: "label" | "annotation",
  declared: Readonly<Record<string, string>>,
  present: Readonly<Record<string, string>>,
  machine: DeclaredNode,
): readonly Difference[] {
  const verb = kind === "label" ? "label" : "annotate";
  return Object.entries(declared).flatMap(([key, value]) =>
    present[key] === value
      ? []
      : [
          {
            what: `${kind} ${key}`,
            declared: JSON.stringify(value),
            found: present[key] === undefined ? nothing : JSON.stringify(present[key]),
            todo:
              present[key] === undefined
                ? whyNot(machine)
                : `somebody else has set it; when that is a mistake: kubectl ${verb} node ${machine.name} ${key}-; otherwise take it out of the patches`,
          },
        ],
  );
}

function taintDifferences(node: KubeObject, machine: DeclaredNode): readonly Difference[] {
  return Object.entries(machine.taints ?? {}).flatMap(([key, text]) => {
    const wanted = taintOf(key, text);
    const present = taintsOf(node).filter((taint) => taint.key === key);
    if (present.some((taint) => isSameTaint(taint, wanted))) return [];
    return [
      {
        what: `taint ${key}`,
        declared: shownTaint(wanted),
        found: present.length === 0 ? nothing : present.map(shownTaint).join(", "),
        todo:
          present.length === 0
            ? whyNot(machine)
            : `somebody else has set it; when that is a mistake: kubectl taint node ${machine.name} ${key}-; otherwise take it out of the patches`,
      },
    ];
  });
}

function whyNot({ address }: DeclaredNode): string {
  return `see why Talos does not set it: talosctl logs controller-runtime -n ${address}, lines of k8s.NodeApplyController`;
}
