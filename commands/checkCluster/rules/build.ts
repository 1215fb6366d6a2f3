// The rules that need the real build of the tree. What another rule says already they do not say again.
// Source: the program cluster-build, over fluxcd/pkg kustomize and envsubst.
import {
  inRepository,
  inTree,
  removalOf,
  strangeValues,
  undefinedVariables,
  variablesOf,
  type Finding,
  type FluxKustomization,
  type TreeModel,
} from "../../../tree/index.ts";
import type { BuildProblem, BuiltObject } from "../../tree/types.ts";
import { kustomizationOf, originOf, problemFinding, problemsOf, writtenObject } from "../builds.ts";
import { finding, placeText, type Rule } from "../rule.ts";
import { removedFromKubernetes } from "./kubernetesApiVersion.ts";
import { missingNames } from "./listedFile.ts";
import { missingComponents } from "./pathExists.ts";

/** Every Kustomization builds, as kustomize-controller builds it. */
export const build: Rule = {
  name: "build",
  what: "every Kustomization builds as kustomize-controller does it *",
  check: ({ model, builds }) =>
    problemsOf(model, builds, "build").flatMap(({ built, kustomization, problem }) => {
      if (isExplained(model, kustomization)) return [];
      // Kustomize prints whole objects, Secrets among them.
      const reason = problem.message.replace(/: \{.*$/s, "");
      return problemFinding(model, kustomization, withFile(model, kustomization, problem), {
        message: `Kustomization ${placeText(built)} does not build: ${reason}`,
        fix: "correct it: until then Flux applies nothing of this Kustomization",
      });
    }),
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

/** Whether a file that is missing or unreadable, a component, or the folder itself is the cause, or it cannot be known. */
function isExplained(model: TreeModel, kustomization: FluxKustomization | undefined): boolean {
  if (kustomization === undefined) return false;
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

/** Variables can be replaced, and what comes of it is YAML. */
export const substitution: Rule = {
  name: "substitution",
  what: "variables can be replaced, and what comes of it is YAML *",
  check: ({ model, builds }) => {
    const known = new Set(undefinedVariables(model).map(({ name }) => name));
    const strange = strangeValues(model);
    const isOfValue = (file: string | null): boolean =>
      file !== null && strange.some(({ message }) => message.includes(` ${inTree(model.place, file)}:`));
    return problemsOf(model, builds, "substitution").flatMap(({ built, kustomization, problem }) => {
      const { field, message, object, file } = problem;
      if (field?.endsWith("substituteFrom") === true || isExplained(model, kustomization)) return [];
      const isOpen = kustomization !== undefined && variablesOf(kustomization, model.providers).areOpen;
      const name = /^the variable \$\{(\w+)\} is not defined$/.exec(message)?.[1];
      if (name !== undefined && (isOpen || known.has(name))) return [];
      // Said once, where the name or the value stands.
      if (message.includes("var name is invalid")) return [];
      if (message.includes("YAMLToJSON") && isOfValue(file)) return [];
      const found = problemFinding(model, kustomization, problem, {
        message: `${object ?? `Kustomization ${placeText(built)}`}: ${message}`,
        fix: "correct the variable, or write $${…} for the text itself",
      });
      return [name === undefined ? found : atVariable(model, found, name)];
    });
  },
};

/** The line from which on the variable is used. */
function atVariable({ files }: TreeModel, found: Finding, name: string): Finding {
  const lines = (files.text(found.file) ?? "").split("\n").slice(found.line - 1);
  const index = lines.findIndex((line) => line.includes(`\${${name}`));
  return { ...found, line: found.line + Math.max(0, index) };
}

/**
 * Objects have the fields that their kinds have.
 * Source: the definitions of Flux's own manifests and of the tree, and Kubernetes' description of its API.
 */
export const schema: Rule = {
  name: "schema",
  what: "objects of Flux, of Kubernetes and of the tree's own definitions are as their schemas say *",
  check: ({ model, builds }) =>
    problemsOf(model, builds, "schema").flatMap(({ kustomization, problem }) => {
      const written = writtenObject(model, problem)?.data;
      // The schemas are of one version of Kubernetes, which may not be the one that is asked about.
      if (
        written !== undefined &&
        (removalOf(written.apiVersion, written.kind) ?? removedFromKubernetes(written))
      )
        return [];
      const field = problem.field === null ? "" : `${problem.field}: `;
      return problemFinding(model, kustomization, problem, {
        message: `${problem.object ?? "object"}: ${field}${problem.message}`,
        fix: "correct the field: the API server would refuse the object, or drop the field",
      });
    }),
};

/**
 * No two Kustomizations apply the same object: they would overwrite each other for ever, and whichever lets go of it deletes
 * it.
 * Source: kustomize-controller v1.9 docs/spec/v1/kustomizations.md; its annotations ssa and reconcile say what is meant so.
 */
export const duplicateObject: Rule = {
  name: "duplicate-object",
  what: "no two Kustomizations apply the same object *",
  check: ({ model, builds }) =>
    builds.flatMap(({ kustomizations }) => {
      const all = kustomizations.flatMap((by) => by.objects.map((applied) => ({ by, applied })));
      const groups = Map.groupBy(
        all.filter(({ applied }) => !isShared(applied)),
        ({ applied }) => keyOf(applied),
      );
      return [...groups.values()].flatMap((group) => {
        const [first, ...others] = new Map(group.map((each) => [placeText(each.by), each])).values();
        if (first === undefined) return [];
        const there = originOf(model, kustomizationOf(model, first.by), first.applied);
        const where = `${inRepository(model.place, there.file)}:${String(there.line("metadata", "name"))}`;
        return others.map(({ by, applied }) =>
          finding(
            originOf(model, kustomizationOf(model, by), applied),
            ["metadata", "name"],
            `${applied.object.kind} ${placeText(applied.object.metadata)} is applied by Kustomization ${placeText(by)} and by ${placeText(first.by)} (${where})`,
            "leave it in one of them; others may depend on that",
          ),
        );
      });
    }),
};

/** Whether an annotation says that others may write it as well, or that Flux does not write it at all. */
function isShared({ object }: BuiltObject): boolean {
  const marks = { ...object.metadata.labels, ...object.metadata.annotations };
  const value = (name: string): string => (marks[`kustomize.toolkit.fluxcd.io/${name}`] ?? "").toLowerCase();
  return value("reconcile") === "disabled" || ["merge", "ifnotpresent", "ignore"].includes(value("ssa"));
}

function keyOf({ object: { apiVersion, kind, metadata } }: BuiltObject): string {
  const group = apiVersion.includes("/") ? apiVersion.replace(/\/.*/, "") : "";
  return `${group} ${kind} ${metadata.namespace ?? ""}/${metadata.name}`;
}
