// Both sides as they are, or would be, in Git; each in a private folder, so that nothing in the repository is touched.
import { existsSync, mkdirSync, realpathSync, rmSync } from "node:fs";
import { join, relative } from "node:path";
import { readModel } from "../../tree/index.ts";
import { buildTree } from "../tree/buildTree.ts";
import { exportCommitted, exportWorking, repositoryOf, requireCommit } from "../git.ts";
import type { Side } from "./compare.ts";
import { StepError } from "../../src/steps/stepError.ts";

/** What is compared. */
interface SidesRequest {
  readonly tree: string;
  readonly from: string;
  /** Undefined: the working tree. */
  readonly to: string | undefined;
}

/** Builds both, from copies in a folder. @throws StepError when a side is not there or cannot be read */
export async function readSides(request: SidesRequest, folder: string): Promise<readonly [Side, Side]> {
  const { from, to } = request;
  const repository = repositoryOf(request.tree);
  for (const ref of [from, ...(to === undefined ? [] : [to])]) requireCommit(repository, ref);
  const tree = relative(repository, realpathSync(request.tree));
  const side = async (name: string, ref: string | undefined, at: string): Promise<Side> => {
    const copy = join(folder, at);
    mkdirSync(copy, { mode: 0o700 });
    if (ref === undefined) exportWorking(repository, copy);
    else exportCommitted(repository, ref, copy);
    return build(name, copy, tree);
  };
  return Promise.all([side(from, from, "from"), side(to ?? "the working tree", to, "to")]);
}

async function build(name: string, copy: string, tree: string): Promise<Side> {
  if (!existsSync(join(copy, tree))) throw new StepError(`there is no ${tree} in ${name}`);
  try {
    // As Flux has it: without what it does not fetch.
    for (const path of readModel(join(copy, tree)).files.leftOut().keys())
      rmSync(join(copy, tree, path), { recursive: true, force: true });
    const { answer, leftOut } = await buildTree(join(copy, tree), { schemas: false });
    if (answer === undefined) throw new StepError(leftOut.join("\n"));
    return { name, answer };
  } catch (error) {
    if (!(error instanceof StepError)) throw error;
    // Nobody knows the copy.
    const message = error.message.replaceAll(`${copy}/`, "").replaceAll(copy, ".");
    throw new StepError(`${name}: ${message}`, error.todo);
  }
}
