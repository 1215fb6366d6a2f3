// Everything that a run can leave outside the state, found by looking at the world and not only at what the state says was
// going on: after a refresh without a right token, or an engine that was killed at the wrong moment, it says nothing.
import { deployKeyType, webhookType } from "../../src/config/deployKeys.ts";
import { deployKeyLeftovers, webhookLeftovers } from "./github.ts";
import { releaseType, revisionLeftovers } from "./helm.ts";
import type { Leftover } from "./leftover.ts";
import type { StackState } from "../pulumi/state.ts";
import { messageOf, StepError } from "../../src/steps/stepError.ts";

/** Where nobody could look, and of which resources something may be there, by their type. */
type Unseen = Required<Pick<Leftover, "what" | "todo">> & { readonly type: string };

/** What was found, and where nobody could look. */
export interface Findings {
  readonly leftovers: readonly Leftover[];
  readonly unseen: readonly Unseen[];
}

/** Looks everywhere at once; what cannot be looked at stops nothing else. @param state with its secrets in clear */
export async function findLeftovers(state: StackState): Promise<Findings> {
  const looks = [
    { at: "Helm revisions", type: releaseType, found: revisionLeftovers(state) },
    { at: "deploy keys", type: deployKeyType, found: deployKeyLeftovers(state) },
    { at: "webhooks", type: webhookType, found: webhookLeftovers(state) },
  ];
  const unseen: Unseen[] = [];
  const leftovers = looks.map(async ({ at, type, found }) =>
    found.catch((error: unknown) => {
      const todo = error instanceof StepError ? error.todo : "run npm run recover when it answers";
      unseen.push({ type, what: `could not look for ${at}: ${messageOf(error)}`, todo });
      return [];
    }),
  );
  return { leftovers: (await Promise.all(leftovers)).flat(), unseen };
}
