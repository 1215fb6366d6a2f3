import { inRepository, type FluxKustomization, type TreeModel } from "../../../tree/index.ts";
import { kustomizationOf } from "../builds.ts";
import { problemFinding } from "../buildProblems.ts";
import type { BuildProblem } from "../../tree/types.ts";
import type { Rule } from "../rule.ts";
import { missingNames } from "./listedFile.ts";
import { missingComponents } from "./pathExists.ts";

/**
 * Every Kustomization builds, as kustomize-controller builds it. Where another rule has the cause already, this one is
 * silent.
 * Source: the program cluster-build, over fluxcd/pkg kustomize.
 */
export const build: Rule = {
  name: "build",
  what: "every Kustomization builds as kustomize-controller does it *",
  check: ({ model, builds }) =>
    builds.flatMap(({ kustomizations }) =>
      kustomizations.flatMap((built) => {
        const kustomization = kustomizationOf(model, built);
        if (kustomization !== undefined && isExplained(model, kustomization)) return [];
        return built.problems.flatMap((problem) =>
          problem.rule === "build"
            ? [
                problemFinding(model, kustomization, withFile(model, kustomization, problem), {
                  message: `Kustomization ${built.namespace}/${built.name} does not build: ${withoutContent(problem.message)}`,
                  fix: "correct it: until then Flux applies nothing of this Kustomization",
                }),
              ]
            : [],
        );
      }),
    ),
};

/** The file that kustomize's words name, or else the kustomization.yaml that does not build. */
function withFile(
  { place, kustomize }: TreeModel,
  kustomization: FluxKustomization | undefined,
  problem: BuildProblem,
): BuildProblem {
  if (problem.file !== null || kustomization?.build === undefined) return problem;
  const files = [...kustomization.build.files].map((file) => inRepository(place, file));
  const named = files.find((file) => problem.message.includes(file));
  const own = kustomize.fileIn(kustomization.folder ?? "")?.file;
  return { ...problem, file: named ?? (own === undefined ? null : inRepository(place, own)) };
}

/** Kustomize prints whole objects, Secrets among them. */
function withoutContent(message: string): string {
  return message.replace(/: \{.*$/s, "");
}

/** Whether a file that is missing or unreadable, a component, or the folder itself is the cause, or it cannot be known. */
export function isExplained(model: TreeModel, kustomization: FluxKustomization): boolean {
  const { build: own, folder } = kustomization;
  if (own === undefined || folder === undefined) return true;
  const files = new Set([...own.files, ...own.kustomizeFiles.map(({ file }) => file)]);
  return (
    // Nothing is downloaded: a build that fails says nothing then.
    own.kustomizeFiles.some(({ isRemote }) => isRemote) ||
    missingComponents(model, kustomization, folder).length > 0 ||
    model.unreadable.some(({ file }) => files.has(file)) ||
    missingNames(model).some(({ file }) => files.has(file.file))
  );
}
