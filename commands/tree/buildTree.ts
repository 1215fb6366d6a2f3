// Builds a whole tree as Flux would, with the program cluster-build: one process, seconds for hundreds of apps.
import { run } from "../../src/steps/run.ts";
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
  const { code, stdout, stderr } = await run(program, [], {
    stdin: JSON.stringify(request),
    timeoutSeconds: 600,
    signal: new AbortController().signal,
  });
  if (code !== 0) throw new StepError(`building the tree failed (status ${String(code)}): ${stderr.trim()}`);
  return JSON.parse(stdout) as BuildAnswer;
}
