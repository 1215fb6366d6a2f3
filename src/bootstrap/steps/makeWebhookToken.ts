// Makes the token with which GitHub signs its deliveries. As with the deploy key its output is a secret: logged nowhere,
// encrypted in the state. A token made by a run that was killed is forgotten, never half used.
import { randomBytes } from "node:crypto";
import type { ResultOf } from "../../steps/contract.ts";
import type { makeWebhookToken as contract } from "../contracts.ts";

/** Another one with every call. */
export async function makeWebhookToken(): Promise<ResultOf<typeof contract>> {
  return { token: randomBytes(32).toString("hex") };
}
