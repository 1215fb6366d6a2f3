import { removedApiVersions } from "../../../tree/index.ts";
import type { Rule } from "../rule.ts";

/**
 * Objects of Flux are of API versions that the pinned Flux serves. The preview says the same.
 * Source: tree/apis.ts has them with theirs.
 */
export const fluxApiVersion: Rule = {
  name: "flux-api-version",
  what: "objects of Flux are of API versions that the pinned Flux serves",
  check: ({ model }) => removedApiVersions(model, model.fluxVersion),
};
