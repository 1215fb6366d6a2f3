import { posix } from "node:path";
import {
  exampleSuffix,
  filesOf,
  governing,
  inRepository,
  type KustomizeFile,
  type TreeModel,
} from "../../../tree/index.ts";
import type { Rule } from "../rule.ts";

/**
 * Manifests beside a kustomization.yaml that Flux applies are listed in it, or Flux never sees them. A file that is listed
 * in a comment was taken out on purpose.
 * Source: kustomize takes what is listed; only a folder without kustomization.yaml is taken as a whole.
 */
export const unlistedFile: Rule = {
  name: "unlisted-file",
  what: "every manifest below a kustomization.yaml that Flux applies is listed in one",
  check: ({ model }) => {
    const listed = new Set(model.kustomizeFiles.flatMap(({ names }) => names.map(({ path }) => path)));
    // What a Kustomization would apply that is not listed itself.
    const ofOthers = filesOf(model.leftOut);
    const manifests = [...new Set(model.written.map(({ file }) => file))].filter(
      (file) => !file.endsWith(exampleSuffix) && !listed.has(file),
    );
    // A component is for whoever wants it.
    const folders = model.kustomizeFiles.filter(
      ({ folder, isComponent }) => !isComponent && !listed.has(folder),
    );
    return [
      ...manifests.map((file) => ({ file, path: file, from: posix.dirname(file) })),
      ...folders.map(({ file, folder }) => ({ file, path: folder, from: posix.dirname(folder) })),
    ].flatMap(({ file, path, from }) => {
      if (model.applied.has(file) || ofOthers.has(file)) return [];
      const by = governing(model.kustomize, from);
      if (by === undefined || !model.applied.has(by.file) || isInComment(by, path)) return [];
      if (isMisdirected(model, path)) return [];
      return [
        {
          file,
          line: 1,
          message: `no kustomization.yaml lists ${file === path ? "this file" : "this folder"}, so Flux never applies it`,
          fix: `write ${relativeTo(by, path)} into resources of ${inRepository(model.place, by.file)}, or delete it`,
        },
      ];
    });
  },
};

/** Whether a Kustomization beside it applies nothing: then it is that which must be put right, and is reported. */
function isMisdirected({ kustomizations, leftOut }: TreeModel, path: string): boolean {
  return [...kustomizations, ...leftOut].some(
    ({ build, object }) => build === undefined && path.startsWith(`${posix.dirname(object.source.file)}/`),
  );
}

function relativeTo({ folder }: KustomizeFile, path: string): string {
  return `./${posix.relative(folder, path)}`;
}

function isInComment(by: KustomizeFile, path: string): boolean {
  const comments = by.yaml.text.split("\n").filter((line) => line.trimStart().startsWith("#"));
  const name = posix.relative(by.folder, path);
  const folder = posix.dirname(name);
  return comments.some((line) => line.includes(name) || (folder !== "." && line.includes(`${folder}/`)));
}
