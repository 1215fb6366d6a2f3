// Where Flux reads the tree and which keys the host may show there.
import { pinnedKeys } from "../steps/knownHosts.ts";
import type { GitConfig } from "./config.ts";
import { parseGitUrl } from "./gitFields.ts";
import { githubHostKeys } from "./githubHostKeys.ts";
import { problem, type Problem } from "./problem.ts";

/** Where the values come from. */
export interface GitInput {
  /** The URL, and where it is written: `git.url` or a file of the tree. */
  readonly url: string;
  readonly urlPath: string;
  readonly branch: string;
  /** Lines of the stack config. */
  readonly knownHosts: readonly string[];
}

/** Takes the URL apart and makes sure that the host's key is pinned. */
export function resolveGit({ url, urlPath, branch, knownHosts }: GitInput): GitConfig | Problem {
  const remote = parseGitUrl(url);
  if (remote === undefined)
    return problem(
      urlPath,
      `${url} is not an SSH URL ssh://user@host[:port]/path`,
      "write e.g. ssh://git@github.com/home/home-cluster.git",
    );
  const { host, port } = remote;
  const known = isPinned(knownHosts, host, port) ? knownHosts : [...knownHosts, ...githubHostKeys];
  if (isPinned(known, host, port)) return { url, branch, host, port, knownHosts: known };
  const name = port === 22 ? host : `[${host}]:${String(port)}`;
  return problem(
    "git.knownHosts",
    `no line is for ${name}, the host of ${urlPath} ${url}: its key is not pinned`,
    `add the line of ssh-keyscan -p ${String(port)} ${host} after comparing its fingerprint with the published one`,
  );
}

function isPinned(lines: readonly string[], host: string, port: number): boolean {
  return pinnedKeys(lines, host, port).length > 0;
}
