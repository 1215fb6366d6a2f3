// The name of the repository, which stands in the tree twice: in the URL that Flux reads, and in the variable that says
// where commits get their status.
import type { Finding } from "./finding.ts";
import type { FileObject } from "./model/objects.ts";
import type { TreeModel } from "./model/treeModel.ts";
import { textOf, valueAt } from "./model/values.ts";

const variable = "GITHUB_REPOSITORY";

/** What is wrong when both name different repositories. A tree without the variable has nothing wrong. */
export function checkRepositoryName(model: TreeModel, gitRepository: FileObject): readonly Finding[] {
  const url = textOf(gitRepository.data.spec?.["url"]) ?? "";
  const read = /^ssh:\/\/[^/]+\/(.+?)(?:\.git)?$/.exec(url)?.[1];
  if (read === undefined) return [];
  return model.written
    .filter(({ file, data }) => file.startsWith("flux/vars/") && data.kind === "ConfigMap")
    .flatMap((object) => {
      const name = textOf(valueAt(object.data, "data", variable));
      if (name === undefined || name === read) return [];
      return [
        {
          file: object.file,
          line: object.line("data", variable),
          message: `${variable} is ${name}, but GitRepository home-cluster reads ${read}`,
          fix: `write ${read}, or commits get no status`,
        },
      ];
    });
}
