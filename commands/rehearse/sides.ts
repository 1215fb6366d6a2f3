// Reads both sides of a rehearsal: what is committed, and what is in the working tree.
import { existsSync, readFileSync } from "node:fs";
import { homedir } from "node:os";
import { dirname, join } from "node:path";
import { isDeepStrictEqual } from "node:util";
import { checkMoves } from "../../src/config/checks/moves.ts";
import type { ReachedVersions } from "../../src/config/reached.ts";
import { resolvePath } from "../../src/config/paths.ts";
import { describeProblems, problem } from "../../src/config/problem.ts";
import { defaultTree } from "../../src/config/schema.ts";
import { checkSkew } from "../../src/versions/skew.ts";
import { readTree } from "../../tree/index.ts";
import { committedFile, exportCommitted, exportWorking, sameRepository } from "../git.ts";
import { readStackFile, type StackValues } from "./stackFile.ts";
import { differingFiles } from "./tree.ts";
import type { StackVersions } from "./versions.ts";
import { messageOf, StepError } from "../../src/steps/stepError.ts";

/** What is asked for. */
export interface RehearsalRequest {
  /** Absolute path of the project. */
  readonly project: string;
  /** Name of the stack, e.g. `home`. */
  readonly stack: string;
  /** Absolute path of its stack file. */
  readonly stackFile: string;
  /** Commit at which the stack file is taken; undefined: only what is in the working tree is built. */
  readonly from: string | undefined;
  /** The same for the tree, where that is in another repository. */
  readonly treeFrom: string;
}

/** A stack config with its tree. */
export interface Side {
  readonly values: StackValues;
  /** Folder with a copy of the tree. */
  readonly tree: string;
  readonly versions: StackVersions;
}

/** Both, and what differs. */
export interface Sides {
  readonly from: Side;
  readonly to: Side;
  readonly sameStack: boolean;
  /** Files of the tree that differ. */
  readonly files: readonly string[];
  /** Why the program would refuse to go from the one to the other, before anything is touched. */
  readonly refusal: string | undefined;
}

/**
 * Reads them.
 * @param folder a folder for copies of the trees
 * @throws StepError when what is committed cannot be read, or not be built
 */
export function readSides(request: RehearsalRequest, folder: string): Sides {
  const { stack, from: ref } = request;
  if (!existsSync(request.stackFile))
    throw new StepError(
      `${request.stackFile} is not there`,
      "name a stack that has a file Pulumi.<stack>.yaml",
    );
  const now = workingSide(request, join(folder, "to"));
  if (ref === undefined) {
    if ("refusal" in now) throw notBuilt(now.refusal);
    return { from: now, to: now, sameStack: true, files: [], refusal: undefined };
  }
  const before = committedSide(request, ref, join(folder, "from"));
  if ("refusal" in now)
    return { from: before, to: before, sameStack: false, files: [], refusal: now.refusal };
  const moves = checkMoves(reached(before), reached(now));
  return {
    from: before,
    to: now,
    sameStack: isDeepStrictEqual(before.values, now.values),
    files: differingFiles(before.tree, now.tree),
    refusal: moves.length === 0 ? undefined : describeProblems(stack, moves),
  };
}

function committedSide(request: RehearsalRequest, ref: string, target: string): Side {
  const { stack, stackFile, treeFrom } = request;
  const { values, problems } = readStackFile(committedFile(stackFile, ref), stack);
  if (values === undefined) throw notBuilt(problems);
  const tree = treeOf(values, request);
  const together = existsSync(tree) && sameRepository(dirname(stackFile), tree);
  exportCommitted(tree, together ? ref : treeFrom, target);
  const side = sideOf(values, target, stack);
  if ("refusal" in side) throw notBuilt(side.refusal);
  return side;
}

function workingSide(request: RehearsalRequest, target: string): Side | Refused {
  const { stack, stackFile } = request;
  const { values, problems } = readStackFile(readFileSync(stackFile, "utf8"), stack);
  if (values === undefined) return { refusal: problems };
  const tree = treeOf(values, request);
  if (!existsSync(tree))
    return {
      refusal: describeProblems(stack, [problem("tree", `${tree} is not a folder`, "correct it")]),
    };
  exportWorking(tree, target);
  return sideOf(values, target, stack);
}

/** The program would say no. */
interface Refused {
  readonly refusal: string;
}

/** The tree is judged by the program's own reader, which knows what it can see without a key. */
function sideOf(values: StackValues, tree: string, stack: string): Side | Refused {
  try {
    const { problems, fluxVersion } = readTree(tree);
    const found = [
      ...problems.map((text) => problem("tree", text, "fix the tree")),
      ...checkSkew({ kubernetes: values.versions.kubernetes, flux: fluxVersion }).problems,
    ];
    if (found.length > 0) return { refusal: describeProblems(stack, found) };
    return { values, tree, versions: { ...values.versions, flux: fluxVersion } };
  } catch (error) {
    const reason = messageOf(error);
    return { refusal: describeProblems(stack, [problem("tree", reason, "fix the tree")]) };
  }
}

function treeOf({ tree = defaultTree }: StackValues, { project }: RehearsalRequest): string {
  return resolvePath(tree, { home: homedir(), projectRoot: project });
}

function reached({ values, versions }: Side): ReachedVersions {
  return { ...versions, talosContract: values.cluster.talosContract };
}

function notBuilt(problems: string): StepError {
  return new StepError(
    `what the rehearsal begins with cannot be built: ${problems}`,
    "begin at a commit that is right: --from COMMIT",
  );
}
