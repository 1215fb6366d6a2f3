// The phases of a rehearsal: the committed cluster, the bump, a look at what came of it. Each writes its part of the report.
import type { LabLayout } from "../../lab/layout.ts";
import { Prober } from "../../lab/prober.ts";
import { callLab } from "../../lab/supervisor/control.ts";
import { runProgram, type FinishedRun, type RunOptions } from "./labRun.ts";
import { lookAtMachines, treeReady } from "./look.ts";
import { dyingMachines, livingNodes, nodesAfter } from "./machines.ts";
import {
  byMachine,
  reportMachine,
  surprisesBetween,
  type MachineFacts,
  type Outcome,
  type Report,
} from "./report.ts";
import type { Side, Sides } from "./sides.ts";
import { labStack, type Place } from "./stackConfig.ts";
import type { StackNode, StackValues } from "./stackFile.ts";
import { placeConfig, placeTree, pushStage } from "./stage.ts";
import { versionsAt, type Move, type VersionPlan } from "./versions.ts";

/** The report while it is being written. */
export type Draft = { -readonly [Key in keyof Report]: Report[Key] };

/** Everything that the phases need. */
export interface Scene extends RunOptions {
  readonly sides: Sides;
  readonly plan: VersionPlan;
  readonly layout: LabLayout;
  readonly place: Omit<Place, "versions">;
  readonly machines: readonly string[];
  readonly draft: Draft;
}

/** A phase that did not end well: what was being done, and what is said of it. */
export class Failure extends Error {
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

/** The cluster as it is committed. What goes wrong here says nothing about the bump. */
export async function build(scene: Scene): Promise<void> {
  const { layout, sides, draft, say } = scene;
  setStack(scene, sides.from.values, livingNodes(sides.from.values), "from");
  say("building the cluster as it is committed");
  const run = await runProgram(layout, "up", scene);
  draft.buildSeconds = run.seconds;
  if (!run.ok) throw new Failure("impossible", "building the cluster as it is committed", reasons(run));
}

/** The working tree's bump. */
export async function bump(scene: Scene): Promise<void> {
  const { layout, sides, plan, draft, say } = scene;
  const { from, to } = sides;
  const before = await lookAtMachines(layout);
  placeTree(layout, to.tree, plan.rehearsed.flux.to);
  setStack(scene, to.values, nodesAfter(from.values, to.values), "to");
  await pushStage(layout);
  for (const machine of dyingMachines(from.values, to.values)) {
    say(`${machine} dies`);
    await callLab(layout, "power", { machine, on: false });
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
export async function lookAfterwards(scene: Scene): Promise<void> {
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
  const versions = versionsAt(side, plan.rehearsed);
  const { config, left } = labStack(values, nodes, { ...place, versions });
  draft.left = [...new Set([...draft.left, ...left])];
  placeConfig(layout, config);
}

function schematicOf({ values }: Side, machine: string): string | undefined {
  const node = values.nodes.find(({ name }) => name === machine);
  return node && (node.schematicId ?? values.schematicId);
}

/** What a run said that went wrong. */
function reasons({ errors, lastLines }: FinishedRun): readonly string[] {
  return errors.length > 0 ? errors : lastLines;
}
