// A deploy key that GitHub has and the state does not: the run was killed between the two, or a refresh without a right token
// has dropped it. GitHub would refuse the same key once more. What proves that a key is this stack's is the key itself; the
// title says only a cluster's name, and another cluster may have the same.
import { deployKeyTitle, deployKeyType, keyMaterial } from "../../src/config/deployKeys.ts";
import { outsideState } from "./githubAccess.ts";
import type { Leftover } from "./leftover.ts";
import { environmentOf, plainText, stepOutput, type StackState } from "./state.ts";

const pairStep = "flux-secrets-deploy-key-pair";

interface DeployKey {
  readonly id: number;
  readonly title: string;
  readonly key: string;
}

/**
 * Deploy keys of this stack that are in no state, and those of its title that are another's.
 * @param state with its secrets in clear
 * @throws StepError when GITHUB_TOKEN is missing or GitHub refuses
 */
export async function deployKeyLeftovers(state: StackState): Promise<readonly Leftover[]> {
  const made = stepOutput<{ publicKey?: string }>(state, pairStep)?.publicKey;
  const found = await outsideState<DeployKey>(state, {
    type: deployKeyType,
    kind: "keys",
    right: "may administer the repository",
    isMade: made !== undefined,
  });
  if (found === undefined) return [];
  const { inputs, repository, items, remove } = found;
  const title = String(
    inputs?.["title"] ?? deployKeyTitle(environmentOf(state, pairStep)["CLUSTER_NAME"] ?? ""),
  );
  const ours = new Set(
    [made, plainText(inputs?.["key"])].flatMap((key) => (key === undefined ? [] : [keyMaterial(key)])),
  );
  return items.flatMap((key): Leftover[] => {
    const name = `deploy key ${String(key.id)} "${key.title}" from ${repository}`;
    if (ours.has(keyMaterial(key.key)))
      return [{ what: `${name}: it is in no state`, remove: async () => remove(key.id) }];
    if (key.title !== title) return [];
    return [
      {
        what: `${name}: it has this cluster's name, but not a key that this stack has made`,
        todo: "another cluster may read Git with it; if none does, delete it in the settings of the repository",
      },
    ];
  });
}
