// The resource `github:index/repositoryDeployKey:RepositoryDeployKey`. GitHub cannot change a deploy key, so every
// change is a replacement. Source: terraform-provider-github github/resource_github_repository_deploy_key.go.
import type { Operation, ResourceDefinition } from "../shared/provider.ts";
import type { Properties, Value } from "../shared/values.ts";
import { stringOf, UNKNOWN } from "../shared/values.ts";
import { GithubError } from "./client.ts";
import type { GithubClient } from "./client.ts";
import { listed } from "./errors.ts";

interface Key {
  readonly id: number;
  readonly key: string;
  readonly title: string;
  readonly read_only: boolean;
}

/** GitHub keeps a key without its comment; only that and spaces around it are no difference. */
function sameKey(old: Value | undefined, wanted: Value | undefined): boolean {
  const text = stringOf(wanted)?.trim();
  return text !== undefined && old === text.replace(/^([a-z0-9-]+ [^\s]+)( [^\s]+)?$/, "$1");
}

/** Parts of an id, `repository:keyId`. @throws Error in the real provider's words */
function partsOf(id: string): { repository: string; keyId: string } {
  const [repository, keyId, ...rest] = id.split(":");
  if (!repository || !keyId || rest.length > 0)
    throw new Error(`unexpected ID format (${JSON.stringify(id)}). Expected repository:ID`);
  if (!/^\d+$/.test(keyId))
    throw new Error(`unexpected ID format (${JSON.stringify(keyId)}), expected numerical ID`);
  return { repository, keyId };
}

/** The resource, for the client of the provider's configuration. */
export function repositoryDeployKey(client: () => GithubClient): ResourceDefinition {
  const path = (repository: string, keyId?: string): string =>
    `repos/${client().owner}/${repository}/keys${keyId === undefined ? "" : `/${keyId}`}`;

  const fetched = async (
    id: string,
    etag: string | undefined,
    signal: AbortSignal,
  ): Promise<Properties | "same" | "gone"> => {
    const { repository, keyId } = partsOf(id);
    try {
      const answer = await client().request<Key>("GET", path(repository, keyId), { etag, signal });
      if (answer.body === undefined) return "same";
      const { key, title, read_only } = answer.body;
      return { key, title, readOnly: read_only, repository, etag: answer.etag };
    } catch (error) {
      if (error instanceof GithubError && error.status === 404) return "gone";
      throw error;
    }
  };

  const inputsOf = (state: Properties): Properties => ({
    key: state["key"] ?? null,
    title: state["title"] ?? null,
    readOnly: state["readOnly"] ?? null,
    repository: state["repository"] ?? null,
  });

  return {
    description: "A deploy key of a repository.",
    inputs: {
      key: { type: "string", description: "The public key" },
      title: { type: "string", description: "Its title" },
      repository: { type: "string", description: "Name of the repository, without the owner" },
      readOnly: { type: "boolean", description: "Whether it may only read. Default true" },
    },
    requiredInputs: ["key", "repository", "title"],
    outputs: { etag: { type: "string", description: "ETag of GitHub's answer" } },
    requiredOutputs: ["etag", "key", "repository", "title"],
    normalize: (inputs) => ({ readOnly: true, ...inputs }),
    replaces: (_olds, _planned, changed) => changed.filter((name) => name !== "etag"),

    async plan({ olds, inputs }) {
      if (olds === undefined) return { ...inputs, etag: UNKNOWN };
      const key = sameKey(olds["key"], inputs["key"]) ? olds["key"] : inputs["key"];
      return { ...inputs, key: key ?? null, etag: olds["etag"] ?? null };
    },

    async create(planned, operation) {
      return listed(create(planned, operation));
    },
    // Unreachable: whatever changes replaces. The engine still wants an answer for a change of nothing.
    update: async (_id, _olds, planned) => planned,

    async delete(id, _state, operation) {
      const { repository, keyId } = partsOf(id);
      await listed(client().request("DELETE", path(repository, keyId), { signal: operation.signal }));
    },

    async read(id, state, operation) {
      const found = await listed(fetched(id, stringOf(state?.["etag"]), operation.signal));
      if (found === "gone") return undefined;
      const outputs = found === "same" ? (state ?? {}) : found;
      return { id, inputs: inputsOf(outputs), outputs };
    },
  };

  async function create(
    planned: Properties,
    { signal }: Operation,
  ): Promise<{ id: string; outputs: Properties }> {
    const repository = String(planned["repository"]);
    const body = { title: planned["title"], key: planned["key"], read_only: planned["readOnly"] };
    const answer = await client().request<Key>("POST", path(repository), { body, signal });
    if (answer.body === undefined) throw new Error("GitHub created the deploy key but sent no answer");
    const id = `${repository}:${answer.body.id}`;
    const found = await fetched(id, undefined, signal);
    if (typeof found === "string") throw new Error(`the deploy key ${id} was created and is gone already`);
    return { id, outputs: found };
  }
}
