import { checkRepositoryName, findHandOff } from "../../../tree/index.ts";
import type { Rule } from "../rule.ts";

/** The repository's name is the same where Flux reads it and where commits get their status. The preview says the same. */
export const repositoryName: Rule = {
  name: "repository-name",
  what: "the repository that Flux reads is the one that gets the status of commits",
  check: ({ model }) => {
    const { gitRepository } = findHandOff(model).objects;
    return gitRepository === undefined ? [] : checkRepositoryName(model, gitRepository);
  },
};
