// Where Flux reads the tree and which keys the host may show there.
import { knownHostsName, pinnedKeys } from "../steps/knownHosts.ts";
import type { GitConfig } from "./config.ts";
import { githubHostKeys } from "./githubHostKeys.ts";
import { problem, type Problem } from "./problem.ts";
import type { Values } from "./readStack.ts";
import { parseGitUrl } from "./urlFields.ts";

/** The values as they are given; `urlPath` says where the URL is written: `git.url` or a file of the tree. */
type GitInput = Omit<GitConfig, "host" | "port"> & { readonly urlPath: string };

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
  for (const lines of [knownHosts, [...knownHosts, ...githubHostKeys]])
    if (pinnedKeys(lines, host, port).length > 0) return { url, branch, host, port, knownHosts: lines };
  return problem(
    "git.knownHosts",
    `no line is for ${knownHostsName(host, port)}, the host of ${urlPath} ${url}: its key is not pinned`,
    `add the line of ssh-keyscan -p ${port} ${host} after comparing its fingerprint with the published one`,
  );
}

/** The problem of a URL that names another repository of GitHub than `github`, which gets the deploy key. */
export function* checkRepository(path: string, url: string, github: Values["github"]): Iterable<Problem> {
  const { host, repository } = parseGitUrl(url) ?? {};
  const { owner, repository: name } = github ?? {};
  if (host !== "github.com" || owner === undefined || name === undefined) return;
  if (repository?.toLowerCase() !== `${owner}/${name}`.toLowerCase())
    yield problem(
      path,
      `${url} is not the repository ${owner}/${name}, which gets the deploy key`,
      "correct the URL, or github.owner and github.repository in the stack config",
    );
}
