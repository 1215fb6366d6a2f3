// The shipped tree as Flux would apply it, Flux's own manifests included.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { parseAllDocuments } from "yaml";
import { runClusterBuild } from "../../../commands/tree/buildTree.ts";
import { treeRequest } from "../../../commands/tree/request.ts";
import type { BuiltKustomization } from "../../../commands/tree/types.ts";
import type { TreeObject } from "../../../tree/index.ts";
import type { Toolbox } from "../../../tools/toolbox.ts";

/** What came out of a build. */
export class BuiltTree {
  readonly #kustomizations: readonly BuiltKustomization[];

  private constructor(kustomizations: readonly BuiltKustomization[]) {
    this.#kustomizations = kustomizations;
  }

  /** Builds a tree, and with its Kustomization `flux` the manifests that its tag stands for. */
  static async of(tree: string, toolbox: Toolbox, manifests: string): Promise<BuiltTree> {
    const program = toolbox["cluster-build"] ?? "";
    const { request } = treeRequest(tree);
    const handOff = ["flux.yaml", "cluster.yaml"].flatMap((file) =>
      parseAllDocuments(readFileSync(join(tree, "flux", "config", file), "utf8")).map((document) => ({
        object: document.toJS() as TreeObject,
        file,
      })),
    );
    // Of the tree itself the build begins with the root alone.
    const flux = handOff
      .map(({ object }) => object)
      .filter(({ kind, metadata }) => kind === "Kustomization" && metadata.name === "flux");
    const [whole, self] = await Promise.all([
      runClusterBuild(program, request),
      runClusterBuild(program, {
        ...request,
        root: manifests,
        source: { kind: "OCIRepository", namespace: "flux-system", name: "flux-manifests" },
        start: flux,
      }),
    ]);
    const written = { ...whole.kustomizations[0], objects: handOff, problems: [] } as BuiltKustomization;
    return new BuiltTree([...whole.kustomizations, ...self.kustomizations, written]);
  }

  /** Texts of all problems. */
  get problems(): readonly string[] {
    return this.#kustomizations.flatMap(({ problems }) => problems.map(({ message }) => message));
  }

  /** All objects of a kind. */
  all(kind: string): readonly TreeObject[] {
    return this.#kustomizations
      .flatMap(({ objects }) => objects.map(({ object }) => object))
      .filter((object) => object.kind === kind);
  }

  /** The object of this name; an empty one when there is none. */
  one(kind: string, name: string): TreeObject {
    return (
      this.all(kind).find(({ metadata }) => metadata.name === name) ?? {
        apiVersion: "",
        kind,
        metadata: { name },
      }
    );
  }
}
