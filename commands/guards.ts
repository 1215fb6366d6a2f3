// What our commands look at before they hand over to pulumi, because pulumi would find it too late: after the first
// deletions, or never.
import { deployKeyType, webhookType } from "../src/config/deployKeys.ts";
import { ask, githubOf } from "./recover/github.ts";
import { resourcesOf, type StackState } from "./pulumi/state.ts";
import { StepError } from "../src/steps/stepError.ts";

/** Refuses to destroy a stack of which anything is protected. @throws StepError that says how to lift it */
export function refuseProtected(stack: string, state: StackState): void {
  if (!resourcesOf(state).some(({ protect }) => protect === true)) return;
  throw new StepError(
    `stack ${stack} is protected: nothing has been destroyed`,
    `set protect: false in Pulumi.${stack}.yaml, run npm run up, which changes nothing but the protection, then npm run destroy`,
  );
}

/** Whether a command line of pulumi makes it refresh. Source: pulumi v3.259.0 pkg/cmd/pulumi/operations. */
export function refreshes(verb: string, args: readonly string[]): boolean {
  return (
    verb === "refresh" ||
    args.some((arg) => /^--refresh(=(?!false$).*)?$/.test(arg) || /^-[djfy]*r[djfy]*$/.test(arg))
  );
}

/** What the provider reads of each of its resources, and the right to read it. */
const reads = {
  [deployKeyType]: { kind: "keys", right: "Administration: read and write" },
  [webhookType]: { kind: "hooks", right: "Webhooks: read and write" },
} as const;

/**
 * Refuses a refresh whose token GitHub does not take: the plugin would read nothing, take that for "is not there", and let
 * deploy key and webhook drop out of the state. Asks nothing where the state holds neither.
 * @throws StepError that says what GitHub has answered, and what to do
 */
export async function refuseBadToken(
  state: StackState,
  token = process.env["GITHUB_TOKEN"] ?? "",
): Promise<void> {
  const { owner, baseUrl } = githubOf(state);
  for (const [type, { kind, right }] of Object.entries(reads))
    for (const { inputs } of resourcesOf(state, type)) {
      const todo = `nothing has been refreshed: what cannot be read would drop out of the state; export GITHUB_TOKEN with a token that has ${right} on the repository`;
      if (token === "") throw new StepError("GITHUB_TOKEN is not set", todo);
      const path = `repos/${owner}/${String(inputs?.["repository"])}/${kind}?per_page=1`;
      await ask({ baseUrl, token }, path, { refused: todo, silent: todo });
    }
}
