// What a run may do to the machines, judged by what they say of themselves. Pure: who was asked and what they answered in,
// what must not happen out.
import { checkLeaving, leavingControlPlanes } from "../../config/checks/machineMoves.ts";
import type { Config, Node } from "../../config/config.ts";
import type { ConfiguredMachine } from "../../config/configuredMachines.ts";
import { isOnlyControlPlane, type ReachedMachine } from "../../config/reached.ts";
import type { MachineRef } from "../contracts.ts";
import { isAnother, type Answer } from "./ask.ts";

/** What has to be known of a machine. */
export interface Verdict {
  /** Its name; empty for what is about several of them. */
  readonly machine: string;
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

type Judgement = Omit<Verdict, "machine">;

/** What is judged. */
export interface Scene {
  readonly config: Pick<Config, "nodes" | "gone" | "versions" | "lastRun">;
  /** By address; an address that was not asked counts as unreachable. */
  readonly answers: ReadonlyMap<string, Answer>;
}

const refuse = (text: string, todo: string): Judgement => ({ kind: "refuse", text, todo });
const unsure = (text: string, todo: string): Judgement => ({ kind: "unsure", text, todo });
const notice = (text: string): Judgement => ({ kind: "notice", text, todo: "" });

/** Where somebody may be: what is asked for, what the state has, and by it the old address of what moves. Pure. */
export function machinesToAsk(config: Pick<Config, "nodes" | "gone" | "lastRun">): readonly MachineRef[] {
  const { nodes, lastRun } = config;
  const moving = (lastRun.configured ?? []).filter(({ name, address }) =>
    nodes.some((node) => node.name === name && node.address !== address),
  );
  const all = [...nodes, ...moving, ...leavers(config)];
  return [...new Map(all.map((machine) => [machine.address, machine])).values()];
}

/** Machines of the state that this run removes: their config is deleted, which wipes whoever has their address. */
export function leavers(config: Pick<Config, "nodes" | "gone" | "lastRun">): readonly ConfiguredMachine[] {
  const { nodes, gone, lastRun } = config;
  const stay = [...nodes, ...gone].map(({ name }) => name);
  // Nothing is sent to one that was called gone before.
  const wereGone = (lastRun.machines ?? []).flatMap((machine) => (machine.gone ? [machine.name] : []));
  return (lastRun.configured ?? []).filter(({ name }) => !stay.includes(name) && !wereGone.includes(name));
}

/** Everything that has to be said before the first resource. */
export function judge(scene: Scene): readonly Verdict[] {
  const { nodes, gone, lastRun, versions } = scene.config;
  const of = (machine: string, judgement: Judgement | undefined): readonly Verdict[] =>
    judgement === undefined ? [] : [{ machine, ...judgement }];
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
    ...leavers(scene.config).flatMap((machine) => of(machine.name, judgeLeaver(machine, scene))),
    ...together.flatMap(({ path, message, todo }) => of("", refuse(`${path}: ${message}`, todo))),
  ];
}

/** Who is at a machine's address, as far as that machine is concerned. */
type Found =
  | { readonly is: "itself" | "nameless" }
  | { readonly is: "another"; readonly name: string; readonly text: string }
  | Exclude<Answer, { readonly is: "member" }>;

function foundAt(machine: MachineRef, { answers }: Scene): Found {
  const answer = answers.get(machine.address) ?? { is: "unreachable", why: "was not asked" };
  if (answer.is !== "member") return answer;
  const { name } = answer;
  if (name === undefined) return { is: "nameless" };
  return name === machine.name ? { is: "itself" } : { is: "another", name, text: isAnother(machine, name) };
}

function knownOf({ name }: Node, { config }: Scene): ConfiguredMachine | undefined {
  return config.lastRun.configured?.find((machine) => machine.name === name);
}

function reachedOf({ name }: Node, { config }: Scene): ReachedMachine | undefined {
  return config.lastRun.machines?.find((machine) => machine.name === name);
}

function isRaised(node: Node, scene: Scene): boolean {
  return node.generation > (reachedOf(node, scene)?.generation ?? node.generation);
}

/** Other hardware: what answers at the new address waits for a config. */
function isReplaced(node: Node, scene: Scene): boolean {
  const known = knownOf(node, scene);
  return known !== undefined && known.address !== node.address && foundAt(node, scene).is === "maintenance";
}

function judgeNode(node: Node, scene: Scene): Judgement | undefined {
  const known = knownOf(node, scene);
  if (known === undefined) return judgeNew(node, foundAt(node, scene));
  return known.address === node.address ? judgeHere(node, known, scene) : judgeElsewhere(node, known, scene);
}

/** A machine that the state does not have may be anything but another one of this cluster. */
function judgeNew({ name, address }: Node, found: Found): Judgement | undefined {
  if (found.is !== "another") return undefined;
  return refuse(
    found.text,
    `a machine keeps its name: write ${found.name} at ${address}; to have it under another name remove its line, run pulumi up, which wipes it, then add ${name}`,
  );
}

function judgeHere(node: Node, { isMember }: ConfiguredMachine, scene: Scene): Judgement | undefined {
  const found = foundAt(node, scene);
  if (found.is === "another")
    return refuse(
      found.text,
      "give the machines their addresses back, or write under nodes where each of them is now: one that is only moved is neither drained nor wiped",
    );
  if (isRaised(node, scene)) return undefined;
  if (found.is === "other") return refuse(found.error.message, found.error.todo);
  // One that the last finished run left as a member of this generation.
  const wasWell = isMember && reachedOf(node, scene)?.gone === false;
  return found.is === "maintenance" && wasWell ? wiped(node, scene) : undefined;
}

function wiped({ name, address, generation }: Node, { config }: Scene): Judgement {
  const text = `${name} (${address}) is in maintenance mode, but was a machine of this cluster: it was wiped or re-imaged`;
  const raise = `set generation: ${String(generation + 1)} on ${name} in the stack config, then run pulumi up again`;
  return isOnlyControlPlane(config.lastRun.machines, name)
    ? refuse(
        `${text}; it was the only control plane, so the cluster's etcd is gone with it`,
        `to begin with an empty cluster ${raise}; snapshots of etcd that upgrades took lie in backups/`,
      )
    : refuse(text, `${raise}: it joins anew`);
}

/** Another address: the same machine with a new lease, or other hardware that takes its place. */
function judgeElsewhere(node: Node, known: ConfiguredMachine, scene: Scene): Judgement {
  const { name, address } = node;
  const found = foundAt(node, scene);
  const back = `write ${known.address} again, or the address at which ${name} is now`;
  switch (found.is) {
    case "itself": {
      const stays = isRaised(node, scene) ? "" : " and keeps its place, nothing of it is drained or wiped";
      return notice(`${name} answers at ${address}: it is moved from ${known.address}${stays}`);
    }
    case "nameless":
      return unsure(
        `${name}: the machine at ${address} does not say its name`,
        `run pulumi up again; or ${back}`,
      );
    case "another":
      return refuse(found.text, back);
    case "maintenance":
      return judgeReplacement(node, known, scene);
    case "other":
      return refuse(found.error.message, found.error.todo);
    case "unreachable":
      return unsure(
        `${name}: nobody answers at its new address ${address} (${found.why}); whether it is ${name} or other hardware only the machine can say`,
        `switch it on, or ${back}; nothing has been touched`,
      );
  }
}

function judgeReplacement({ name, address }: Node, known: ConfiguredMachine, scene: Scene): Judgement {
  const there = `${name}: the machine at ${address} waits for a config, so it is other hardware than ${name} at ${known.address}`;
  if (isOnlyControlPlane(scene.config.lastRun.machines, name))
    return refuse(
      `${there}; the only control plane cannot be replaced, the cluster's etcd is on it`,
      `write ${known.address} again; to change its hardware see docs/runbooks/machines.md`,
    );
  const old = foundAt(known, scene);
  const callGone = `if the old hardware is dead, set gone: true on ${name} with its old address ${known.address}, run pulumi up, then give it the new address`;
  const notAsked = (who: string): Judgement =>
    refuse(`${there}; at ${known.address} is ${who}, which is not asked to leave`, callGone);
  switch (old.is) {
    case "itself":
    case "maintenance":
      return notice(`${there}: that one leaves the cluster and is wiped, this one joins in its place`);
    case "unreachable":
      return unsure(
        `${there}; that one has to leave, and does not answer: ${old.why}`,
        `switch it on and run pulumi up again; ${callGone}`,
      );
    case "other":
      return notAsked("somebody else");
    case "nameless":
      return notAsked("a machine that does not say its name");
    case "another":
      return notAsked(old.name);
  }
}

function judgeLeaver(machine: ConfiguredMachine, scene: Scene): Judgement | undefined {
  const { name, address, isMember } = machine;
  const found = foundAt(machine, scene);
  const callGone = isMember
    ? `put ${name} back into nodes with address ${address} and gone: true, run pulumi up, and remove it then`
    : `npm run recover -- --gone ${name} makes the state forget it`;
  const has = isMember
    ? `${name} is to be removed`
    : `${name} has left the cluster and is still to be wiped at ${address}`;
  switch (found.is) {
    case "itself":
      return undefined;
    case "nameless":
      return unsure(`${has}; the machine at ${address} does not say its name`, "run pulumi up again");
    case "another":
      return refuse(`${has}; ${found.text}`, callGone);
    case "maintenance":
      return isMember
        ? refuse(`${has}, but ${address} is in maintenance mode: it was wiped already`, callGone)
        : refuse(
            `${name} has left the cluster and is wiped; only the state still has it`,
            "npm run recover makes the state forget it (npm run up begins with that)",
          );
    case "other":
      return refuse(`${has}, but at ${address} is somebody else: ${found.error.message}`, callGone);
    case "unreachable":
      return unsure(
        `${has}, and does not answer at ${address}: ${found.why}`,
        `switch it on and run pulumi up again; if its hardware is dead, ${callGone}`,
      );
  }
}
