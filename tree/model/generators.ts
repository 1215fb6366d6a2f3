// ConfigMaps and Secrets that kustomize generates: their names and keys.
import { posix } from "node:path";
import type { Instance } from "./instance.ts";
import type { KustomizeFile } from "./kustomizeFiles.ts";
import type { TreeFiles } from "./treeFiles.ts";
import { fieldsOf, listOf, textOf, textsOf, valueAt } from "./values.ts";

const generators = [
  { field: "configMapGenerator", kind: "ConfigMap" },
  { field: "secretGenerator", kind: "Secret" },
] as const;

/** The generated objects of one kustomization.yaml. */
export function generatedObjects(files: TreeFiles, file: KustomizeFile): readonly Instance[] {
  const common = file.fields["generatorOptions"];
  return generators.flatMap(({ field, kind }) =>
    listOf(file.fields[field]).map((entry, index): Instance => {
      const options = fieldsOf(entry)["options"];
      const namespace = textOf(fieldsOf(entry)["namespace"]);
      const texts = (name: string): Readonly<Record<string, string>> => ({
        ...textsOf(valueAt(common, name)),
        ...textsOf(valueAt(options, name)),
      });
      return {
        source: { file: file.file, line: (...path) => file.line(field, index, ...path) },
        data: {
          apiVersion: "v1",
          kind,
          metadata: {
            name: textOf(fieldsOf(entry)["name"]) ?? "",
            ...(namespace === undefined ? {} : { namespace }),
            labels: texts("labels"),
            annotations: texts("annotations"),
          },
          data: Object.fromEntries(keysOf(files, file.folder, entry).map((key) => [key, undefined])),
        },
        replaced: [],
      };
    }),
  );
}

/** The keys that a generator's entry gives its object. */
function keysOf(files: TreeFiles, folder: string, entry: unknown): readonly string[] {
  const texts = (list: string): readonly string[] =>
    listOf(valueAt(entry, list)).flatMap((item) => textOf(item) ?? []);
  const envs = [...texts("envs"), ...[textOf(valueAt(entry, "env")) ?? []].flat()];
  return [
    ...texts("literals").map((literal) => literal.replace(/=.*$/s, "")),
    ...texts("files").map((file) => (file.includes("=") ? file.replace(/=.*$/s, "") : posix.basename(file))),
    ...envs.flatMap((env) =>
      (files.text(posix.join(folder, env)) ?? "")
        .split("\n")
        .filter((line) => /^\s*[^#\s]/.test(line))
        .map((line) => line.replace(/=.*$/s, "").trim()),
    ),
  ];
}
