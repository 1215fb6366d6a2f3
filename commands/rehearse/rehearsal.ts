// A rehearsal from beginning to end: both sides, their versions, a lab, the phases, and the lab's removal.
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { removeLab } from "../../lab/cli/start.ts";
import { labTools } from "../../lab/cli/tools.ts";
import type { LabLayout } from "../../lab/layout.ts";
import { describe, messageOf, StepError } from "../../src/steps/stepError.ts";
import { catalogue, needsOlder } from "./catalogue.ts";
import type { RunOptions } from "./labRun.ts";
import { addressesIn, machinesOf, shapeOf } from "./machines.ts";
import { build, bump, Failure, lookAfterwards, type Draft, type Scene } from "./phases.ts";
import type { Outcome, Report } from "./report.ts";
import { readSides, type RehearsalRequest, type Sides } from "./sides.ts";
import { ownConfig, releaseStage, startStage } from "./stage.ts";
import { planContract, planVersions, type Move, type VersionPlan } from "./versions.ts";

/** How it is done. */
interface RehearsalOptions extends RunOptions {
  readonly keep: boolean;
}

/** Rehearses. @throws the signal's reason after Ctrl-C, with the lab removed */
export async function rehearse(request: RehearsalRequest, options: RehearsalOptions): Promise<Report> {
  const draft: Draft = { stack: request.stack, outcome: "impossible", left: [], files: [] };
  const folder = mkdtempSync(join(tmpdir(), "rehearse-"));
  try {
    draft.outcome = await play(request, options, folder, draft);
  } catch (error) {
    options.signal.throwIfAborted();
    const text = error instanceof StepError ? describe(error) : messageOf(error);
    const failure = error instanceof Failure ? error : new Failure("impossible", "getting ready", [text]);
    draft.outcome = failure.outcome;
    draft.failure = { during: failure.during, messages: failure.messages };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
  return draft;
}

/** @param folder for copies of the trees */
async function play(
  request: RehearsalRequest,
  options: RehearsalOptions,
  folder: string,
  draft: Draft,
): Promise<Outcome> {
  const { say, signal, keep } = options;
  const sides = readSides(request, folder);
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

  // Takes long the first time, and leaves nothing to remove.
  await Promise.race([labTools(needsOlder(plan.rehearsed)), aborted(signal)]);
  let layout: LabLayout | undefined;
  try {
    const stage = await setStage(request, sides, plan, { say, onLayout: (made) => (layout = made) });
    const scene = { say, signal, sides, plan, draft, ...stage };
    await build(scene);
    if (request.from !== undefined) await bump(scene);
    await lookAfterwards(scene);
    return "well";
  } finally {
    if (layout !== undefined && keep) {
      releaseStage(layout);
      draft.lab = layout.name;
    } else if (layout !== undefined) {
      say("removing the lab");
      await removeLab(layout);
    }
  }
}

/** Starts the lab. `onLayout` is called as soon as there is something to remove. */
async function setStage(
  { project, stack }: RehearsalRequest,
  sides: Sides,
  plan: VersionPlan,
  callbacks: Parameters<typeof startStage>[1],
): Promise<Pick<Scene, "layout" | "place" | "machines">> {
  const { values, tree } = sides.from;
  const machines = machinesOf(values, sides.to.values);
  const shape = {
    machines: shapeOf(machines),
    older: needsOlder(plan.rehearsed),
    published: publishedFor(sides, plan),
  };
  const fluxVersion = plan.rehearsed.flux.from;
  const layout = await startStage({ project, stack, shape, tree, fluxVersion }, callbacks);
  return {
    layout,
    place: {
      layout,
      own: ownConfig(layout),
      addresses: addressesIn(layout, machines),
      talosContract: planContract(values.cluster.talosContract, plan.rehearsed.talos.from),
    },
    machines: machines.map(({ name }) => name),
  };
}

function publishedFor({ from, to }: Sides, { rehearsed }: VersionPlan): Partial<LabLayout["published"]> {
  const both = ({ from: one, to: other }: Move): readonly string[] => [...new Set([one, other])];
  const schematics = [from, to].flatMap(({ values: { schematicId, nodes } }) => [
    schematicId,
    ...nodes.flatMap((node) => node.schematicId ?? []),
  ]);
  return {
    talos: both(rehearsed.talos),
    cilium: both(rehearsed.cilium),
    schematics: [...new Set(schematics)],
  };
}

/** Rejects when the signal is aborted. */
async function aborted(signal: AbortSignal): Promise<never> {
  if (!signal.aborted) await once(signal, "abort");
  throw signal.reason;
}
