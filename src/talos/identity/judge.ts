// What a run may do to the machines, judged by what they say of themselves. Pure: who was asked and what they answered in,
// what must not happen out.
import { checkLeaving, leavingControlPlanes } from "../../config/checks/machineMoves.ts";
import type { Config, Node } from "../../config/config.ts";
import type { ConfiguredMachine } from "../../config/configuredMachines.ts";
import { isOnlyControlPlane } from "../../config/reached.ts";
import type { Answer } from "./ask.ts";
import { isAnother } from "./memberName.ts";

/** What has to be known of a machine. */
export interface Verdict extends Judgement {
  /** Its name; empty for what is about several of them. */
  readonly machine: string;
}

/** The same without the machine. */
interface Judgement {
  /**
   * `refuse`: nothing may be touched as long as it is so. `unsure`: the same, but because nobody answers; to a preview that
   * says nothing. `notice`: a run goes on.
   */
  readonly kind: "refuse" | "unsure" | "notice";
  /** The machine and what is the matter with it, e.g. `k8s-2 (192.0.2.21) is in maintenance mode: …`. */
  readonly text: string;
  /** What to do; empty for a notice. */
  readonly todo: string;
}

/** What is judged. */
export interface Scene {
  readonly config: Pick<Config, "nodes" | "gone" | "versions" | "lastRun">;
  /** By address; an address that was not asked counts as unreachable. */
  readonly answers: ReadonlyMap<string, Answer>;
}

const refuse = (text: string, todo: string): Judgement => ({ kind: "refuse", text, todo });
const unsure = (text: string, todo: string): Judgement => ({ kind: "unsure", text, todo });
const notice = (text: string): Judgement => ({ kind: "notice", text, todo: "" });

/** Machines of the state that this run removes: their config is deleted, which wipes whoever has their address. */
export function leavers({
  nodes,
  gone,
  lastRun,
}: Pick<Config, "nodes" | "gone" | "lastRun">): readonly ConfiguredMachine[] {
  const stay = [...nodes, ...gone].map(({ name }) => name);
  // Nothing is sent to one that was called gone before.
  const wereGone = (lastRun.machines ?? []).flatMap((machine) => (machine.gone ? [machine.name] : []));
  return (lastRun.configured ?? []).filter(({ name }) => !stay.includes(name) && !wereGone.includes(name));
}

/** Everything that has to be said before the first resource. */
export function judge(scene: Scene): readonly Verdict[] {
  const { nodes, gone, lastRun, versions } = scene.config;
  const of = (machine: string, judgements: readonly Judgement[]): readonly Verdict[] =>
    judgements.map((judgement) => ({ machine, ...judgement }));
  const replaced = nodes.filter((node) => node.role === "controlplane" && isReplaced(node, scene));
  const asked = [...nodes, ...gone.map((node) => ({ ...node, gone: true }))];
  const leaving = [
    ...leavingControlPlanes(lastRun.machines ?? [], asked),
    ...replaced.map(({ name }) => name),
  ];
  // Without one that is replaced the stack config alone has said it already.
  const together =
    replaced.length === 0 ? [] : checkLeaving([...new Set(leaving)], lastRun.versions, versions);
  return [
    ...nodes.flatMap((node) => of(node.name, judgeNode(node, scene))),
    ...leavers(scene.config).flatMap((machine) =>
      of(machine.name, judgeLeaver(machine, answerOf(scene, machine))),
    ),
    ...together.flatMap(({ path, message, todo }) => of("", [refuse(`${path}: ${message}`, todo)])),
  ];
}

function judgeNode(node: Node, scene: Scene): readonly Judgement[] {
  const known = scene.config.lastRun.configured?.find(({ name }) => name === node.name);
  if (known === undefined) return judgeNew(node, scene);
  return known.address === node.address ? judgeHere(node, known, scene) : judgeElsewhere(node, known, scene);
}

function answerOf({ answers }: Scene, { address }: { readonly address: string }): Answer {
  return answers.get(address) ?? { is: "unreachable", why: "was not asked" };
}

/** A machine that the state does not have may be anything but another one of this cluster. */
function judgeNew(node: Node, scene: Scene): readonly Judgement[] {
  const answer = answerOf(scene, node);
  if (answer.is !== "member" || answer.name === undefined || answer.name === node.name) return [];
  return [
    refuse(
      isAnother(node, answer.name),
      `a machine keeps its name: write ${answer.name} at ${node.address}; to have it under another name remove its line, run pulumi up, which wipes it, then add ${node.name}`,
    ),
  ];
}

function judgeHere(node: Node, known: ConfiguredMachine, scene: Scene): readonly Judgement[] {
  const answer = answerOf(scene, node);
  switch (answer.is) {
    case "member":
      if (answer.name === undefined || answer.name === node.name) return [];
      return [
        refuse(
          isAnother(node, answer.name),
          "give the machines their addresses back, or write under nodes where each of them is now: one that is only moved is neither drained nor wiped",
        ),
      ];
    case "maintenance":
      return wasWiped(node, known, scene) ? [wiped(node, scene)] : [];
    case "other":
      return isRaised(node, scene) ? [] : [refuse(answer.error.message, answer.error.todo)];
    case "unreachable":
      return [];
  }
}

/** A machine that the last finished run left as a member of this generation. */
function wasWiped(node: Node, known: ConfiguredMachine, scene: Scene): boolean {
  const reached = reachedOf(node, scene);
  return known.isMember && reached !== undefined && !reached.gone && !isRaised(node, scene);
}

function isRaised(node: Node, scene: Scene): boolean {
  return node.generation > (reachedOf(node, scene)?.generation ?? node.generation);
}

function reachedOf(
  { name }: Node,
  { config }: Scene,
): NonNullable<Config["lastRun"]["machines"]>[number] | undefined {
  return config.lastRun.machines?.find((machine) => machine.name === name);
}

function wiped(node: Node, scene: Scene): Judgement {
  const text = `${node.name} (${node.address}) is in maintenance mode, but was a machine of this cluster: it was wiped or re-imaged`;
  const next = String(node.generation + 1);
  return isOnlyControlPlane(scene.config.lastRun.machines, node.name)
    ? refuse(
        `${text}; it was the only control plane, so the cluster's etcd is gone with it`,
        `to begin with an empty cluster set generation: ${next} on ${node.name} in the stack config, then run pulumi up again; snapshots of etcd that upgrades took lie in backups/`,
      )
    : refuse(
        text,
        `set generation: ${next} on ${node.name} in the stack config, then run pulumi up again: it joins anew`,
      );
}

/** Other hardware: what answers at the new address waits for a config. */
function isReplaced(node: Node, scene: Scene): boolean {
  const known = scene.config.lastRun.configured?.find(({ name }) => name === node.name);
  return known !== undefined && known.address !== node.address && answerOf(scene, node).is === "maintenance";
}

/** Another address: the same machine with a new lease, or other hardware that takes its place. */
function judgeElsewhere(node: Node, known: ConfiguredMachine, scene: Scene): readonly Judgement[] {
  const { name, address } = node;
  const answer = answerOf(scene, node);
  const back = `write ${known.address} again, or the address at which ${name} is now`;
  switch (answer.is) {
    case "member":
      if (answer.name === name)
        return [
          notice(
            `${name} answers at ${address}: it is moved from ${known.address}${isRaised(node, scene) ? "" : " and keeps its place, nothing of it is drained or wiped"}`,
          ),
        ];
      return [
        answer.name === undefined
          ? unsure(
              `${name}: the machine at ${address} does not say its name`,
              `run pulumi up again; or ${back}`,
            )
          : refuse(isAnother(node, answer.name), back),
      ];
    case "maintenance":
      return judgeReplacement(node, known, scene);
    case "other":
      return [refuse(answer.error.message, answer.error.todo)];
    case "unreachable":
      return [
        unsure(
          `${name}: nobody answers at its new address ${address} (${answer.why}); whether it is ${name} or other hardware only the machine can say`,
          `switch it on, or ${back}; nothing has been touched`,
        ),
      ];
  }
}

function judgeReplacement(node: Node, known: ConfiguredMachine, scene: Scene): readonly Judgement[] {
  const { name, address } = node;
  const there = `${name}: the machine at ${address} waits for a config, so it is other hardware than ${name} at ${known.address}`;
  if (isOnlyControlPlane(scene.config.lastRun.machines, node.name))
    return [
      refuse(
        `${there}; the only control plane cannot be replaced, the cluster's etcd is on it`,
        `write ${known.address} again; to change its hardware see docs/runbooks/machines.md`,
      ),
    ];
  const old = answerOf(scene, known);
  if (old.is === "maintenance" || (old.is === "member" && old.name === name))
    return [notice(`${there}: that one leaves the cluster and is wiped, this one joins in its place`)];
  const callGone = `if the old hardware is dead, set gone: true on ${name} with its old address ${known.address}, run pulumi up, then give it the new address`;
  return [
    old.is === "unreachable"
      ? unsure(
          `${there}; that one has to leave, and does not answer: ${old.why}`,
          `switch it on and run pulumi up again; ${callGone}`,
        )
      : refuse(`${there}; at ${known.address} is ${wordFor(old)}, which is not asked to leave`, callGone),
  ];
}

function wordFor(answer: Answer): string {
  if (answer.is !== "member") return "somebody else";
  return answer.name ?? "a machine that does not say its name";
}

function judgeLeaver(machine: ConfiguredMachine, answer: Answer): readonly Judgement[] {
  const { name, address, isMember } = machine;
  if (answer.is === "member" && answer.name === name) return [];
  const callGone = isMember
    ? `put ${name} back into nodes with address ${address} and gone: true, run pulumi up, and remove it then`
    : `npm run recover -- --gone ${name} makes the state forget it`;
  const has = isMember
    ? `${name} is to be removed`
    : `${name} has left the cluster and is still to be wiped at ${address}`;
  switch (answer.is) {
    case "member":
      return [
        answer.name === undefined
          ? unsure(`${has}; the machine at ${address} does not say its name`, "run pulumi up again")
          : refuse(`${has}; ${isAnother(machine, answer.name)}`, callGone),
      ];
    case "maintenance":
      return isMember
        ? [refuse(`${has}, but ${address} is in maintenance mode: it was wiped already`, callGone)]
        : [
            refuse(
              `${name} has left the cluster and is wiped; only the state still has it`,
              "npm run recover makes the state forget it (npm run up begins with that)",
            ),
          ];
    case "other":
      return [refuse(`${has}, but at ${address} is somebody else: ${answer.error.message}`, callGone)];
    case "unreachable":
      return [
        unsure(
          `${has}, and does not answer at ${address}: ${answer.why}`,
          `switch it on and run pulumi up again; if its hardware is dead, ${callGone}`,
        ),
      ];
  }
}
