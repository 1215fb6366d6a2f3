// What a folder builds to: the objects that kustomize would give out, each with the file it comes from, as far as names,
// namespaces and Flux's own kinds go. The real build is that of the program cluster-build; this one needs no program, and
// knows which file a thing comes from.
import { posix } from "node:path";
import { generatedObjects } from "./generators.ts";
import { kustomizeFileIn, patchesOf, type KustomizeFile } from "./kustomizeFiles.ts";
import type { Instance } from "./instance.ts";
import { objectsOf, type FileObject, type TreeObject } from "./objects.ts";
import { applyPatches } from "./patches.ts";
import type { TreeFiles } from "./treeFiles.ts";
import { textOf } from "./values.ts";

/** What a folder builds to. */
export interface Build {
  readonly instances: readonly Instance[];
  /** Every file that was used. */
  readonly files: ReadonlySet<string>;
  /** Every kustomization.yaml that was used. */
  readonly kustomizeFiles: readonly KustomizeFile[];
}

/** An example stands for the encrypted file that is not there yet. */
export const exampleSuffix = ".example";

/** Builds folders of one tree; each is built once. */
export class Kustomize {
  readonly #files: TreeFiles;
  readonly #kustomizeFiles = new Map<string, KustomizeFile | undefined>();
  readonly #objects = new Map<string, readonly FileObject[]>();
  readonly #builds = new Map<string, Build>();

  constructor(files: TreeFiles) {
    this.#files = files;
  }

  /** The kustomization.yaml of a folder. */
  fileIn(folder: string): KustomizeFile | undefined {
    if (!this.#kustomizeFiles.has(folder))
      this.#kustomizeFiles.set(folder, kustomizeFileIn(this.#files, folder));
    return this.#kustomizeFiles.get(folder);
  }

  /** The Kubernetes objects of a file; of its example where there is only that. */
  objects(path: string): readonly FileObject[] {
    const known = this.#objects.get(path);
    if (known !== undefined) return known;
    const yaml = this.#files.yaml(this.existing(path));
    // Kustomize's own file is none of the cluster's objects.
    const found =
      yaml === undefined ? [] : objectsOf(yaml).objects.filter(({ data }) => !isKustomizeObject(data));
    this.#objects.set(path, found);
    return found;
  }

  /** The file itself, or its example where there is only that. */
  existing(path: string): string {
    const hasExample =
      this.#files.kindOf(path) === undefined && this.#files.kindOf(path + exampleSuffix) === "file";
    return hasExample ? path + exampleSuffix : path;
  }

  /** What a folder builds to, with a kustomization.yaml or with the one that Flux generates where there is none. */
  build(folder: string): Build {
    const at = posix.join(folder);
    const known = this.#builds.get(at);
    if (known !== undefined) return known;
    // A folder that names itself, around some corners, gives nothing the second time.
    this.#builds.set(at, { instances: [], files: new Set(), kustomizeFiles: [] });
    const file = this.fileIn(at);
    const build = file === undefined ? this.#generated(at) : this.#accumulated(file, []);
    this.#builds.set(at, build);
    return build;
  }

  /**
   * What a component makes of what is there already.
   * @param folder of the component
   */
  withComponent(folder: string, { instances, files, kustomizeFiles }: Build): Build {
    const file = this.fileIn(folder);
    if (file === undefined) return { instances, files, kustomizeFiles };
    return joined({ instances: [], files, kustomizeFiles }, this.#accumulated(file, instances));
  }

  /** Source: fluxcd/pkg kustomize v1.35 kustomize_generator.go: every YAML file, and folders that have a kustomization. */
  #generated(folder: string): Build {
    let build: Build = { instances: [], files: new Set(), kustomizeFiles: [] };
    for (const name of this.#files.namesIn(folder)) {
      const path = posix.join(folder, name);
      const kind = this.#files.kindOf(path);
      if (kind === "folder") build = joined(build, this.build(path));
      else if (kind === "file" && /\.ya?ml$/.test(name)) build = joined(build, this.#resource(path));
    }
    return build;
  }

  #accumulated(file: KustomizeFile, before: readonly Instance[]): Build {
    let build: Build = {
      instances: before,
      files: new Set([
        file.file,
        ...file.names.filter(({ role }) => role === "file").map(({ path }) => path),
      ]),
      kustomizeFiles: [file],
    };
    for (const { role, path } of file.names) {
      if (role === "resource")
        build = joined(
          build,
          this.#files.kindOf(path) === "folder" ? this.build(path) : this.#resource(path),
        );
    }
    for (const { role, path } of file.names)
      if (role === "component") build = this.withComponent(path, build);
    const all = [...build.instances, ...generatedObjects(this.#files, file)];
    const patched = applyPatches(all, patchesOf(this.#files, file));
    return { ...build, instances: withNamespace(patched, textOf(file.fields["namespace"])) };
  }

  #resource(path: string): Build {
    const instances = this.objects(path).map((source) => ({ source, data: source.data, replaced: [] }));
    return { instances, files: new Set([path, this.existing(path)]), kustomizeFiles: [] };
  }
}

/** All instances in another namespace. Objects without one get one as well; that is wrong for nodes and the like, whose
 * namespace nobody asks for. */
export function withNamespace(
  instances: readonly Instance[],
  namespace: string | undefined,
): readonly Instance[] {
  if (namespace === undefined) return instances;
  return instances.map((instance) => ({
    ...instance,
    data: { ...instance.data, metadata: { ...instance.data.metadata, namespace } },
  }));
}

/** Whether an object is kustomize's own. */
function isKustomizeObject({ apiVersion }: TreeObject): boolean {
  return apiVersion.startsWith("kustomize.config.k8s.io/");
}

function joined(one: Build, other: Build): Build {
  return {
    instances: [...one.instances, ...other.instances],
    files: new Set([...one.files, ...other.files]),
    kustomizeFiles: [...one.kustomizeFiles, ...other.kustomizeFiles],
  };
}
