// Which commit a branch is at, asked of the Git host with the user's own access, and where the user's checkout is. Neither
// needs the deploy key: where the host does not let this user in, what Flux fetches has to do.
import { resolve } from "node:path";
import { defaultTree } from "../../src/config/schema.ts";
import { readStackFileConfig } from "../../src/config/stackFile.ts";
import { run } from "../../src/steps/run.ts";
import { count } from "../plan/text.ts";

const timeoutSeconds = 15;

/** The commit of a branch at the Git host; undefined when the host does not answer this user without a question. */
export async function remoteCommit(
  url: string,
  branch: string,
  signal: AbortSignal,
): Promise<string | undefined> {
  const { code, stdout } = await run("git", ["ls-remote", url, `refs/heads/${branch}`], {
    timeoutSeconds,
    signal,
    env: { GIT_TERMINAL_PROMPT: "0", GIT_SSH_COMMAND: "ssh -o BatchMode=yes -o ConnectTimeout=5" },
  });
  const commit = stdout.split(/\s/)[0] ?? "";
  return code === 0 && /^[0-9a-f]{40}$/.test(commit) ? commit : undefined;
}

/** The folder of a stack's tree, as its file says; the default where there is no such file. */
export function treeFolder(project: string, stack = ""): string {
  const tree = readStackFileConfig(project, stack)?.["home-ops:tree"] ?? defaultTree;
  return resolve(project, String(tree));
}

/**
 * How a commit of the cluster compares with the user's checkout, in words; undefined when the checkout does not know it,
 * e.g. because it is one of another repository.
 */
export async function compareWithCheckout(
  folder: string,
  commit: string,
  signal: AbortSignal,
): Promise<string | undefined> {
  const git = async (...args: string[]): Promise<string | undefined> => {
    const { code, stdout } = await run("git", ["-C", folder, ...args], { timeoutSeconds, signal });
    return code === 0 ? stdout.trim() : undefined;
  };
  const [head, ahead, behind] = await Promise.all([
    git("rev-parse", "HEAD"),
    git("rev-list", "--count", `${commit}..HEAD`),
    git("rev-list", "--count", `HEAD..${commit}`),
  ]);
  return describe(commit, head, Number(ahead), Number(behind));
}

/** The words for it. Pure. */
export function describe(
  commit: string,
  head: string | undefined,
  ahead: number,
  behind: number,
): string | undefined {
  if (head === commit) return "which is your checkout's HEAD";
  if (head === undefined || Number.isNaN(ahead) || Number.isNaN(behind)) return undefined;
  return ahead > 0
    ? `and your checkout has ${count(ahead, "commit")} that the branch has not: push to bring them`
    : `and your checkout is ${count(behind, "commit")} behind it`;
}
