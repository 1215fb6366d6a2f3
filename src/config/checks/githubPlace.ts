// Where the deploy key and the webhook are registered. The GitHub provider takes another owner or server for another way to the
// same things: they would stay where they are, and no preview would say so.
import { apiUrl } from "../../steps/github.ts";
import type { GithubPlace } from "../livingCluster.ts";
import { problem, type Problem } from "../problem.ts";
import type { StackReading } from "../readStack.ts";

/** What is asked for that is not where they are. Nothing is, while none are registered. */
export function checkGithubPlace(
  registered: GithubPlace | undefined,
  { values, problems }: Pick<StackReading, "values" | "problems">,
): readonly Problem[] {
  // A value that is wrong has its own problem, and is missing here.
  if (registered === undefined || problems.some(({ path }) => /^github\b/.test(path))) return [];
  const { owner, baseUrl } = values.github ?? {};
  const isSame = {
    // Source: docs.github.com, names of accounts are the same in capitals.
    owner: owner === undefined || owner.toLowerCase() === registered.owner.toLowerCase(),
    baseUrl: apiUrl(baseUrl).href === apiUrl(registered.baseUrl).href,
  };
  const known = registered.baseUrl;
  return [
    ...(isSame.owner
      ? []
      : [elsewhere("github.owner", owner, registered.owner, `write ${registered.owner}`)]),
    ...(isSame.baseUrl
      ? []
      : [
          elsewhere("github.baseUrl", baseUrl, known, known === undefined ? "take it out" : `write ${known}`),
        ]),
  ];
}

function elsewhere(path: string, asked = "github.com", known = "github.com", back = ""): Problem {
  return problem(
    path,
    `${asked} is not where this cluster's deploy key and webhook are registered, ${known}`,
    `${back}, or move the repository: docs/runbooks/move-the-repository.md`,
  );
}
