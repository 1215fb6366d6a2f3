// Rules between the Git URL and the repository that gets the deploy key.
import { parseGitUrl } from "../gitFields.ts";
import { problem, type Problem } from "../problem.ts";
import type { Values } from "../readStack.ts";

/** The problem when `git.url` names another repository of GitHub than `github`. */
export function checkRepository(values: Values): readonly Problem[] {
  const url = values.git?.url;
  return url === undefined ? [] : repositoryProblems("git.url", url, values.github);
}

/** The same for a URL that comes from elsewhere (the tree). */
export function repositoryProblems(path: string, url: string, github: Values["github"]): readonly Problem[] {
  const remote = parseGitUrl(url);
  if (remote?.host !== "github.com" || github?.owner === undefined || github.repository === undefined)
    return [];
  const expected = `${github.owner}/${github.repository}`;
  if (remote.repository.toLowerCase() === expected.toLowerCase()) return [];
  return [
    problem(
      path,
      `${url} is not the repository ${expected}, which gets the deploy key`,
      "correct the URL, or github.owner and github.repository in the stack config",
    ),
  ];
}
