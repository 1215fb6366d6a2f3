// A deploy key that GitHub has and the state does not: the run was killed between the two, or a refresh without a right token
// has dropped it. GitHub would refuse the same key once more. What proves that a key is this stack's is the key itself; the
// title says only a cluster's name, and another cluster may have the same.
import { deployKeyTitle, deployKeyType, keyMaterial } from "../../src/config/deployKeys.ts";
import { listAtGithub, repositoryOf } from "./githubAccess.ts";
import type { Leftover } from "./leftover.ts";
import {
  environmentOf,
  idsOf,
  pendingCreates,
  plainText,
  resourcesOf,
  stepOutput,
  type StackState,
} from "./state.ts";

const pairStep = "flux-secrets-deploy-key-pair";

interface DeployKey {
  readonly id: number;
  readonly title: string;
  readonly key: string;
}

/**
 * Deploy keys of this stack that are in no state, and those of its title that are another's. Asks GitHub only when a key was
 * being registered, or when the stack has made one and the state holds none.
 * @param state with its secrets in clear
 * @throws StepError when GITHUB_TOKEN is missing or GitHub refuses
 */
export async function deployKeyLeftovers(state: StackState): Promise<readonly Leftover[]> {
  const creating = pendingCreates(state.deployment.pending_operations ?? [], deployKeyType);
  const made = stepOutput<{ publicKey?: string }>(state, pairStep)?.publicKey;
  const isForgotten = made !== undefined && resourcesOf(state, deployKeyType).length === 0;
  if (creating.length === 0 && !isForgotten) return [];
  const [inputs] = creating.map(({ resource }) => resource.inputs ?? {});
  const repository = String(inputs?.["repository"] ?? repositoryOf(state) ?? "");
  if (repository === "") return [];
  const title = String(
    inputs?.["title"] ?? deployKeyTitle(environmentOf(state, pairStep)["CLUSTER_NAME"] ?? ""),
  );
  const ours = new Set(
    [made, plainText(inputs?.["key"])].flatMap((key) => (key === undefined ? [] : [keyMaterial(key)])),
  );
  const keys = await listAtGithub<DeployKey>(state, repository, "keys", "may administer the repository");
  // The real plugin's ids are `repository:number`.
  const known = new Set(idsOf(state, deployKeyType).map((id) => id.split(":").at(-1)));
  return keys.items
    .filter(({ id }) => !known.has(String(id)))
    .flatMap((key): Leftover[] => {
      const name = `deploy key ${String(key.id)} "${key.title}" from ${keys.repository}`;
      if (ours.has(keyMaterial(key.key)))
        return [{ what: `${name}: it is in no state`, remove: async () => keys.remove(key.id) }];
      if (key.title !== title) return [];
      return [
        {
          what: `${name}: it has this cluster's name, but not a key that this stack has made`,
          todo: "another cluster may read Git with it; if none does, delete it in the settings of the repository",
        },
      ];
    });
}
