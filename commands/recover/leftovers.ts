// Everything that a run can leave outside the state, found by looking at the world and not only at what the state says was
// going on: after a refresh without a right token, or an engine that was killed at the wrong moment, it says nothing.
import { deployKeyType, webhookType } from "../../src/config/deployKeys.ts";
import { deployKeyLeftovers } from "./deployKeys.ts";
import { releaseType, revisionLeftovers } from "./helm.ts";
import type { Leftover } from "./leftover.ts";
import type { StackState } from "./state.ts";
import { webhookLeftovers } from "./webhooks.ts";
import { messageOf, StepError } from "../../src/steps/stepError.ts";

/** What was found, and where nobody could look. */
export interface Findings {
  readonly leftovers: readonly Leftover[];
  readonly unseen: readonly Unseen[];
}

/** Where nobody could look. */
export interface Unseen {
  /** Type of the resources that leave such things behind. */
  readonly type: string;
  /** e.g. `could not look for deploy keys: GitHub does not answer` */
  readonly what: string;
  readonly todo: string;
}

/** Looks everywhere at once; what cannot be looked at stops nothing else. @param state with its secrets in clear */
export async function findLeftovers(state: StackState): Promise<Findings> {
  const looks = [
    { at: "Helm revisions", type: releaseType, found: revisionLeftovers(state) },
    { at: "deploy keys", type: deployKeyType, found: deployKeyLeftovers(state) },
    { at: "webhooks", type: webhookType, found: webhookLeftovers(state) },
  ];
  const results = await Promise.all(
    looks.map(async ({ at, type, found }) =>
      found.then(
        (leftovers): Findings => ({ leftovers, unseen: [] }),
        (error: unknown): Findings => {
          const todo = error instanceof StepError ? error.todo : "run npm run recover when it answers";
          const what = `could not look for ${at}: ${messageOf(error)}`;
          return { leftovers: [], unseen: [{ type, what, todo }] };
        },
      ),
    ),
  );
  return {
    leftovers: results.flatMap(({ leftovers }) => leftovers),
    unseen: results.flatMap(({ unseen }) => unseen),
  };
}
