// Reads both sides of a rehearsal: what is committed, and what is in the working tree.
import { existsSync, readFileSync } from "node:fs";
import { homedir } from "node:os";
import { dirname, join } from "node:path";
import { isDeepStrictEqual } from "node:util";
import { checkMoves } from "../../src/config/checks/moves.ts";
import type { ReachedVersions } from "../../src/config/reached.ts";
import { resolvePath } from "../../src/config/paths.ts";
import { describeProblems, problem, type Problem } from "../../src/config/problem.ts";
import { defaultTree } from "../../src/config/schema.ts";
import { messageOf, StepError } from "../../src/steps/stepError.ts";
import { checkSkew } from "../../src/versions/skew.ts";
import { readTree, type Tree } from "../../tree/index.ts";
import { committedFile, exportCommitted, exportWorking, repositoryOf } from "../git.ts";
import { readStackFile, Refused, type StackValues } from "./stackFile.ts";
import { differingFiles } from "./tree.ts";
import type { StackVersions } from "./versions.ts";

/** What is asked for. */
export interface RehearsalRequest {
  readonly project: string;
  readonly stack: string;
  readonly stackFile: string;
  /** Commit at which the stack file is taken; undefined: only what is in the working tree is built. */
  readonly from: string | undefined;
  /** The same for the tree, where that is in another repository. */
  readonly treeFrom: string;
}

/** A stack config with its tree. */
export interface Side {
  readonly values: StackValues;
  readonly tree: string;
  readonly versions: StackVersions;
}

/** Both, and what differs. */
export interface Sides {
  readonly from: Side;
  readonly to: Side;
  readonly sameStack: boolean;
  readonly files: readonly string[];
  /** Why the program would refuse to go from the one to the other, before anything is touched. */
  readonly refusal: string | undefined;
}

/** Reads them, with copies of the trees in a folder. @throws StepError when what is committed cannot be read, or not be built */
export function readSides(request: RehearsalRequest, folder: string): Sides {
  const { stack, from: ref } = request;
  if (!existsSync(request.stackFile))
    throw new StepError(
      `${request.stackFile} is not there`,
      "name a stack that has a file Pulumi.<stack>.yaml",
    );
  const working = (): Side => workingSide(request, join(folder, "to"));
  if (ref === undefined) {
    const now = unlessRefused(working, notBuilt);
    return { from: now, to: now, sameStack: true, files: [], refusal: undefined };
  }
  const before = unlessRefused(() => committedSide(request, ref, join(folder, "from")), notBuilt);
  let refusal: string | undefined;
  const now = unlessRefused(working, (problems) => {
    refusal = problems;
    return before;
  });
  const moves = checkMoves(reached(before), reached(now));
  return {
    from: before,
    to: now,
    sameStack: isDeepStrictEqual(before.values, now.values),
    files: differingFiles(before.tree, now.tree),
    refusal: refusal ?? (moves.length === 0 ? undefined : describeProblems(stack, moves)),
  };
}

function unlessRefused(read: () => Side, otherwise: (problems: string) => Side): Side {
  try {
    return read();
  } catch (error) {
    if (error instanceof Refused) return otherwise(error.message);
    throw error;
  }
}

function notBuilt(problems: string): never {
  throw new StepError(
    `what the rehearsal begins with cannot be built: ${problems}`,
    "begin at a commit that is right: --from COMMIT",
  );
}

function committedSide(request: RehearsalRequest, ref: string, target: string): Side {
  const { stack, stackFile, treeFrom } = request;
  const values = readStackFile(committedFile(stackFile, ref), stack);
  const tree = treeOf(values, request);
  const together = existsSync(tree) && repositoryOf(dirname(stackFile)) === repositoryOf(tree);
  exportCommitted(tree, together ? ref : treeFrom, target);
  return sideOf(values, target, stack);
}

function workingSide(request: RehearsalRequest, target: string): Side {
  const { stack, stackFile } = request;
  const values = readStackFile(readFileSync(stackFile, "utf8"), stack);
  const tree = treeOf(values, request);
  if (!existsSync(tree)) throw refused(stack, [problem("tree", `${tree} is not a folder`, "correct it")]);
  exportWorking(tree, target);
  return sideOf(values, target, stack);
}

/** The tree is judged by the program's own reader, which knows what it can see without a key. */
function sideOf(values: StackValues, tree: string, stack: string): Side {
  const ofTree = (text: string): Problem => problem("tree", text, "fix the tree");
  let read: Tree;
  try {
    read = readTree(tree);
  } catch (error) {
    throw refused(stack, [ofTree(messageOf(error))]);
  }
  const versions = { ...values.versions, flux: read.fluxVersion };
  const together = checkSkew({ kubernetes: versions.kubernetes, flux: versions.flux });
  const problems = [...read.problems.map(ofTree), ...together.problems];
  if (problems.length > 0) throw refused(stack, problems);
  return { values, tree, versions };
}

function refused(stack: string, problems: readonly Problem[]): Refused {
  return new Refused(describeProblems(stack, problems));
}

function treeOf({ tree = defaultTree }: StackValues, { project }: RehearsalRequest): string {
  return resolvePath(tree, { home: homedir(), projectRoot: project });
}

function reached({ values, versions }: Side): ReachedVersions {
  return { ...versions, talosContract: values.cluster.talosContract };
}
