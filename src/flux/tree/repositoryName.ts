// The name of the repository, which stands in the tree twice: in the URL that Flux reads, and in the variable that says
// where commits get their status.
import { isYaml, listFiles, readObjects, type TreeObject } from "./yamlFiles.ts";

const variable = "GITHUB_REPOSITORY";

/** The problem when both name different repositories. A tree without the variable has none. */
export function repositoryNameProblems(root: string, gitRepository: TreeObject): readonly string[] {
  const url = String(gitRepository.spec?.["url"] ?? "");
  const read = /^ssh:\/\/[^/]+\/(.+?)(?:\.git)?$/.exec(url)?.[1];
  if (read === undefined) return [];
  return listFiles(root, "flux/vars")
    .filter((file) => isYaml(file) && !file.endsWith(".sops.yaml"))
    .flatMap((file) => readObjects(root, file).map((object) => ({ file, object })))
    .flatMap(({ file, object }) => {
      const name = (object["data"] as Record<string, unknown> | undefined)?.[variable];
      if (name === undefined || name === read) return [];
      return [
        `${file}: ${variable} is ${String(name)}, but GitRepository home-cluster reads ${read}; write ${read}, or commits` +
          " get no status",
      ];
    });
}
