import { checkHandOff, findHandOff, type HandOffObjects } from "../../../tree/index.ts";
import type { Rule } from "../rule.ts";

/**
 * The four objects that Pulumi hands over are there, and say that Flux must leave them alone. The preview says the same.
 * Source: docs/decisions, tree/checkHandOff.ts.
 */
export const handOff: Rule = {
  name: "hand-off",
  what: "the four objects that Pulumi hands over are there, annotated, and survive mistakes",
  check: ({ model, isHandOff }) => {
    if (!isHandOff) return [];
    const { objects, missing } = findHandOff(model);
    if (missing.length === 0) return checkHandOff(objects as HandOffObjects);
    return missing.map(({ file, reason }) => ({
      file,
      line: 1,
      message: reason,
      fix: "add it: it is one of the four objects through which Flux runs itself and the tree",
    }));
  },
};
