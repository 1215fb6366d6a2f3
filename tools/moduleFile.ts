// Toolbox entries that are a file of a Go module, copied from where Go keeps it: what a program does not carry in itself.
import { copyFile, readFile } from "node:fs/promises";
import { join } from "node:path";
import { groupFolder, makeWhole, type Environment } from "./cache.ts";
import { runLogged } from "./goCommand.ts";
import { groups, type Group } from "./programs.ts";

interface ModuleFile {
  readonly key: string;
  /** The group whose recipe says which version of the module, and in whose folder the copy lies. */
  readonly group: string;
  readonly module: string;
  readonly file: string;
  readonly output: string;
}

const moduleFiles: readonly ModuleFile[] = [
  {
    // Without it the provider forgets most inputs of what it imports.
    key: "kubernetes-provider-schema",
    group: "kubernetes-provider",
    module: "github.com/pulumi/pulumi-kubernetes/provider/v4",
    file: "cmd/pulumi-resource-kubernetes/schema.json",
    output: "schema.json",
  },
  {
    // What Kubernetes publishes of its own kinds: which there are, and their fields.
    key: "kubernetes-definitions@1.35",
    group: "kube-1.35",
    module: "k8s.io/kubernetes",
    file: "api/openapi-spec/swagger.json",
    output: "swagger.json",
  },
];

const copySeconds = 2;

/** How such an entry is made; undefined for another key. */
export function moduleFile(
  key: string,
  where: {
    readonly root: string;
    readonly recipes: string;
    readonly env: Environment;
    readonly groups: readonly Group[];
  },
):
  | {
      readonly path: string;
      readonly seconds: number;
      readonly needs: readonly string[];
      make(): Promise<void>;
    }
  | undefined {
  const wanted = moduleFiles.find((candidate) => candidate.key === key);
  const group = [...where.groups, ...groups].find(({ name }) => name === wanted?.group);
  if (wanted === undefined || group === undefined) return undefined;
  const path = join(groupFolder(where.root, where.recipes, group), wanted.output);
  const go = async (...words: readonly string[]): Promise<string> => {
    const log = join(where.root, "logs", `${key}.log`);
    const cwd = join(where.recipes, group.name);
    await runLogged({
      what: `getting ${key} (go ${words.join(" ")})`,
      command: "go",
      words,
      cwd,
      env: where.env,
      log,
    });
    return (await readFile(log, "utf8")).trim();
  };
  const make = async (): Promise<void> => {
    const list = ["list", "-mod=readonly", "-m", "-f", "{{.Dir}}", wanted.module];
    let folder = await go(...list);
    if (folder === "") {
      await go("mod", "download", wanted.module);
      folder = await go(...list);
    }
    await makeWhole(path, (temporary) => copyFile(join(folder, wanted.file), temporary));
  };
  return { path, seconds: copySeconds, needs: [], make };
}
