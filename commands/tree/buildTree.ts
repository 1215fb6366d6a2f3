// Builds a whole tree as Flux would, with the program cluster-build: one process, seconds for hundreds of apps.
import { spawn } from "node:child_process";
import { text } from "node:stream/consumers";
import { builtTool } from "../../tools/ensureTools.ts";
import { treeRequest, type RequestOptions } from "./request.ts";
import type { BuildAnswer, BuildRequest } from "./types.ts";
import { StepError } from "../../src/steps/stepError.ts";

/** What came out. */
interface TreeBuild {
  /** Undefined when the program is not there. */
  readonly answer: BuildAnswer | undefined;
  readonly leftOut: readonly string[];
}

/** @param tree absolute path of a tree @throws StepError when there is no tree, or the program fails */
export async function buildTree(tree: string, options: RequestOptions = {}): Promise<TreeBuild> {
  const { request, leftOut } = treeRequest(tree, options);
  const program = builtTool("cluster-build");
  if (program !== undefined) return { answer: await runClusterBuild(program, request), leftOut };
  return {
    answer: undefined,
    leftOut: [
      "nothing is built as Flux would: cluster-build is not there; `npm run tools -- cluster-build` gets it",
    ],
  };
}

/** @param program path of cluster-build @throws StepError with its own words when it fails */
export async function runClusterBuild(program: string, request: BuildRequest): Promise<BuildAnswer> {
  const child = spawn(program, [], { stdio: ["pipe", "pipe", "pipe"] });
  const ended = new Promise<number | null>((resolve, reject) => {
    child.once("error", reject);
    child.once("close", resolve);
  });
  // A program that ends before it has read everything says why on its own standard error.
  child.stdin.on("error", () => undefined);
  child.stdin.end(JSON.stringify(request));
  const [output, complaint, status] = await Promise.all([text(child.stdout), text(child.stderr), ended]);
  if (status !== 0)
    throw new StepError(`building the tree failed (status ${String(status)}): ${complaint.trim()}`);
  return JSON.parse(output) as BuildAnswer;
}
