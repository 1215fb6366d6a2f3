// A rehearsal from beginning to end: the committed cluster in a lab, then the bump, then a look at what came of it.
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { removeLab } from "../../lab/cli/start.ts";
import type { LabLayout } from "../../lab/layout.ts";
import { Prober } from "../../lab/prober.ts";
import { catalogue } from "./catalogue.ts";
import { runProgram, type FinishedRun, type RunOptions } from "./labRun.ts";
import { lookAtMachines, treeReady } from "./look.ts";
import { reportMachine, type MachineFacts } from "./machineReport.ts";
import { addressesIn, dyingMachines, livingNodes, machinesOf, nodesAfter, shapeOf } from "./machines.ts";
import { RehearsalError } from "./rehearsalError.ts";
import { byMachine, surprisesBetween, type Outcome, type Report } from "./report.ts";
import { readSides, type RehearsalRequest, type Side, type Sides } from "./sides.ts";
import { labStack, type Place } from "./stackConfig.ts";
import type { StackNode, StackValues } from "./stackFile.ts";
import { getTools, ownConfig, placeConfig, placeTree, pushStage, startStage, switchOff } from "./stage.ts";
import { planContract, planVersions, type Move, type StackVersions, type VersionPlan } from "./versions.ts";

/** How it is done. */
export interface RehearsalOptions extends RunOptions {
  /** Leave the lab running. */
  readonly keep: boolean;
}

/** The report while it is being written. */
type Draft = { -readonly [Key in keyof Report]: Report[Key] };

/** A phase that did not end well. */
class Failure extends Error {
  readonly outcome: Outcome;
  readonly during: string;
  readonly messages: readonly string[];

  constructor(outcome: Outcome, during: string, messages: readonly string[]) {
    super(messages.join("\n"));
    this.outcome = outcome;
    this.during = during;
    this.messages = messages;
  }
}

/** Rehearses. @throws the signal's reason after Ctrl-C, with the lab removed */
export async function rehearse(request: RehearsalRequest, options: RehearsalOptions): Promise<Report> {
  const draft: Draft = { stack: request.stack, outcome: "impossible", left: [], files: [] };
  const folder = mkdtempSync(join(tmpdir(), "rehearse-"));
  try {
    draft.outcome = await play(request, { ...options, folder, draft });
  } catch (error) {
    options.signal.throwIfAborted();
    const failure =
      error instanceof Failure
        ? error
        : new Failure("impossible", "getting ready", [
            error instanceof RehearsalError ? error.message : readable(error),
          ]);
    draft.outcome = failure.outcome;
    draft.failure = { during: failure.during, messages: failure.messages };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
  return draft;
}

interface Play extends RehearsalOptions {
  /** For copies of the trees. */
  readonly folder: string;
  readonly draft: Draft;
}

async function play(request: RehearsalRequest, options: Play): Promise<Outcome> {
  const { draft, say } = options;
  const sides = readSides(request, options.folder);
  draft.files = sides.files;
  if (sides.refusal !== undefined)
    throw new Failure("failed", "reading the stack config and the tree", [sides.refusal]);
  if (request.from !== undefined && sides.sameStack && sides.files.length === 0) return "nothing";

  const plan = planVersions(sides.from.versions, sides.to.versions, catalogue);
  if (plan === undefined)
    throw new Failure("impossible", "choosing versions", [
      "no versions that can be had here go together as those of the stack do",
    ]);
  draft.versions = plan;
  for (const line of [...plan.notes, ...plan.notRehearsed.map((move) => `not rehearsed: ${move}`)]) say(line);

  await Promise.race([getTools(), aborted(options.signal)]);
  let layout: LabLayout | undefined;
  try {
    const machines = machinesOf(sides.from.values, sides.to.values);
    await startStage(
      {
        project: request.project,
        stack: request.stack,
        machines: shapeOf(machines),
        published: publishedFor(sides, plan),
        tree: sides.from.tree,
        fluxVersion: plan.rehearsed.flux.from,
      },
      say,
      (made) => (layout = made),
    );
    if (layout === undefined) throw new Error("the lab has no layout");
    const scene: Scene = {
      ...options,
      layout,
      sides,
      plan,
      place: {
        layout,
        own: ownConfig(layout),
        addresses: addressesIn(layout, machines),
        talosContract: planContract(sides.from.values.cluster.talosContract, plan.rehearsed.talos.from),
      },
      machines: machines.map(({ name }) => name),
    };
    await build(scene);
    if (request.from !== undefined) await bump(scene);
    await lookAfterwards(scene);
    return "well";
  } finally {
    if (layout !== undefined && !options.keep) {
      say("removing the lab");
      await removeLab(layout);
    }
  }
}

/** Everything that the phases need. */
interface Scene extends Play {
  readonly layout: LabLayout;
  readonly sides: Sides;
  readonly plan: VersionPlan;
  readonly place: Omit<Place, "versions">;
  /** Names of the machines. */
  readonly machines: readonly string[];
}

/** The cluster as it is committed. What goes wrong here says nothing about the bump. */
async function build(scene: Scene): Promise<void> {
  const { layout, sides, draft, say } = scene;
  setStack(scene, sides.from.values, livingNodes(sides.from.values), "from");
  say("building the cluster as it is committed");
  const run = await runProgram(layout, "up", scene);
  draft.buildSeconds = run.seconds;
  if (!run.ok) throw new Failure("impossible", "building the cluster as it is committed", reasons(run));
}

async function bump(scene: Scene): Promise<void> {
  const { layout, sides, plan, draft, say } = scene;
  const { from, to } = sides;
  const before = await lookAtMachines(layout);
  placeTree(layout, to.tree, plan.rehearsed.flux.to);
  setStack(scene, to.values, nodesAfter(from.values, to.values), "to");
  await pushStage(layout);
  for (const machine of dyingMachines(from.values, to.values)) {
    say(`${machine} dies`);
    await switchOff(layout, machine);
  }

  say("previewing the bump");
  const preview = await runProgram(layout, "preview", { ...scene, say: () => undefined });
  draft.previewed = preview.changes;
  if (!preview.ok) throw new Failure("failed", "previewing the bump", reasons(preview));

  say(`bringing the cluster there: ${String(preview.changes.length)} changes`);
  const prober = new Prober(layout);
  const run = await runProgram(layout, "up", scene).finally(async () => {
    draft.silenceSeconds = (await prober.stop()) / 1000;
  });
  draft.bumpSeconds = run.seconds;
  await reportMachines(scene, run, before);
  if (!run.ok) throw new Failure("failed", "bringing the cluster there", reasons(run));
  draft.surprises = surprisesBetween(preview.changes, run.changes);
}

async function reportMachines(
  { layout, sides, machines, draft }: Scene,
  run: FinishedRun,
  before: ReadonlyMap<string, MachineFacts>,
): Promise<void> {
  // After a failure there may be nobody to ask.
  const after = await lookAtMachines(layout).catch(() => new Map<string, MachineFacts>());
  const { of, others } = byMachine(run.changes, machines);
  draft.cluster = others;
  draft.machines = machines.map((name) =>
    reportMachine({
      name,
      before: before.get(name),
      after: after.get(name),
      changes: of.get(name) ?? [],
      newSchematic: schematicOf(sides.from, name) !== schematicOf(sides.to, name),
    }),
  );
}

/** Is everything there, and has the program nothing left to do? */
async function lookAfterwards(scene: Scene): Promise<void> {
  const { layout, draft, say } = scene;
  say("waiting for everything in the tree");
  const tree = await treeReady(layout, await pushStage(layout), scene);
  say("previewing once more");
  const preview = await runProgram(layout, "preview", { ...scene, say: () => undefined });
  draft.afterwards = { ...tree, stillToDo: preview.changes };
  const messages = [
    ...(preview.ok ? [] : reasons(preview)),
    ...tree.waiting.map((text) => `not Ready: ${text}`),
    ...preview.changes.map(({ op, name }) => `the preview still shows: ${op} ${name}`),
  ];
  if (messages.length > 0) throw new Failure("failed", "looking at the cluster afterwards", messages);
}

function setStack(
  { layout, place, plan, draft }: Scene,
  values: StackValues,
  nodes: readonly StackNode[],
  side: keyof Move,
): void {
  const { rehearsed } = plan;
  const versions: StackVersions = {
    talos: rehearsed.talos[side],
    kubernetes: rehearsed.kubernetes[side],
    cilium: rehearsed.cilium[side],
    flux: rehearsed.flux[side],
  };
  const { config, left } = labStack(values, nodes, { ...place, versions });
  draft.left = [...new Set([...draft.left, ...left])];
  placeConfig(layout, config);
}

function publishedFor({ from, to }: Sides, { rehearsed }: VersionPlan): Partial<LabLayout["published"]> {
  const both = ({ from: one, to: other }: Move): readonly string[] => [...new Set([one, other])];
  const schematics = [from, to].flatMap(({ values }) => [
    values.schematicId,
    ...values.nodes.flatMap(({ schematicId }) => schematicId ?? []),
  ]);
  return {
    talos: both(rehearsed.talos),
    cilium: both(rehearsed.cilium),
    schematics: [...new Set(schematics)],
  };
}

function schematicOf({ values }: Side, machine: string): string | undefined {
  const node = values.nodes.find(({ name }) => name === machine);
  return node === undefined ? undefined : (node.schematicId ?? values.schematicId);
}

/** What a run said that went wrong. */
function reasons({ errors, lastLines }: FinishedRun): readonly string[] {
  return errors.length > 0 ? errors : lastLines;
}

/** Rejects when the signal is aborted. */
async function aborted(signal: AbortSignal): Promise<never> {
  if (!signal.aborted) await once(signal, "abort");
  throw signal.reason;
}

function readable(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
