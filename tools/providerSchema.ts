// The Kubernetes provider's schema, without which it forgets most inputs of what it imports: a file of its Go module.
import { copyFile, readFile } from "node:fs/promises";
import { join } from "node:path";
import { groupFolder, makeWhole, type Environment } from "./cache.ts";
import { runLogged } from "./goCommand.ts";
import { groups, type Group } from "./programs.ts";

const module_ = "github.com/pulumi/pulumi-kubernetes/provider/v4";
const copySeconds = 2;

/** How the toolbox entry `kubernetes-provider-schema` is made; undefined for another key. */
export function providerSchema(
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
  if (key !== "kubernetes-provider-schema") return undefined;
  const group = [...where.groups, ...groups].find(({ name }) => name === "kubernetes-provider");
  if (group === undefined) return undefined;
  const path = join(groupFolder(where.root, where.recipes, group), "schema.json");
  const go = async (...words: readonly string[]): Promise<string> => {
    const log = join(where.root, "logs", "kubernetes-provider-schema.log");
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
    const list = ["list", "-mod=readonly", "-m", "-f", "{{.Dir}}", module_];
    let folder = await go(...list);
    if (folder === "") {
      await go("mod", "download", module_);
      folder = await go(...list);
    }
    const schema = join(folder, "cmd", "pulumi-resource-kubernetes", "schema.json");
    await makeWhole(path, (temporary) => copyFile(schema, temporary));
  };
  return { path, seconds: copySeconds, needs: [], make };
}
