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
  const results = await Promise.allSettled(looks.map(({ found }) => found));
  return {
    leftovers: results.flatMap((result) => (result.status === "fulfilled" ? result.value : [])),
    unseen: looks.flatMap(({ at, type }, index) => {
      const result = results[index];
      if (result?.status !== "rejected") return [];
      const { reason } = result as { readonly reason: unknown };
      const todo = reason instanceof StepError ? reason.todo : "run npm run recover when it answers";
      return [{ type, what: `could not look for ${at}: ${messageOf(reason)}`, todo }];
    }),
  };
}
