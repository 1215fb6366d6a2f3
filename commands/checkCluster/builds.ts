// The real build of a tree, by the program cluster-build: as the controller does it, with the schemas of all kinds; and where
// what it has found stands in the tree.
import { cpSync, lstatSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, posix, relative } from "node:path";
import {
  inTree,
  valueAt,
  type FieldPath,
  type FileObject,
  type Finding,
  type FluxKustomization,
  type Origin,
  type TreeModel,
} from "../../tree/index.ts";
import { builtTool } from "../../tools/ensureTools.ts";
import { runClusterBuild } from "../tree/buildTree.ts";
import { requestsFor } from "../tree/request.ts";
import type { BuildAnswer, BuildProblem, BuiltKustomization, BuiltObject } from "../tree/types.ts";
import { finding, placeText } from "./rule.ts";

/** What was built. */
export interface Builds {
  /** One answer per cluster that the tree describes; none where the program is not there. */
  readonly answers: readonly BuildAnswer[];
  readonly leftOut: readonly string[];
}

/** Builds all that Flux would apply. @throws StepError when the program fails */
export async function buildModel(model: TreeModel): Promise<Builds> {
  const program = builtTool("cluster-build");
  if (program === undefined)
    return {
      answers: [],
      leftOut: [
        "builds, schemas and duplicate objects, since cluster-build is not there; `npm run tools` builds it",
      ],
    };
  let leftOut: readonly string[] = [];
  const answers = await inRepository(model, (root) => {
    const requests = requestsFor(model, root);
    leftOut = requests.leftOut;
    return Promise.all([...requests.byFolder.values()].map((request) => runClusterBuild(program, request)));
  });
  const remote = model.kustomizations.filter(({ build }) =>
    (build?.kustomizeFiles ?? []).some((file) => file.isRemote),
  );
  const unbuilt =
    remote.length === 0
      ? []
      : [`the builds of ${remote.map(placeText).join(", ")}, which download resources`];
  return { answers, leftOut: [...leftOut, ...unbuilt] };
}

/**
 * Gives the repository's root, or for a copy of a tree under another name a repository in which it has its own. Where Flux does not
 * fetch all of a tree it is a copy without the rest.
 */
async function inRepository<T>(
  { place, root, files, onDisk }: TreeModel,
  use: (root: string) => Promise<T>,
): Promise<T> {
  const leftOut = files.leftOut();
  const isWhole = [...leftOut.keys()].every((path) => !onDisk.applied.has(path));
  if (place.repository !== undefined && isWhole) return use(place.repository);
  const copy = mkdtempSync(join(tmpdir(), "home-ops-tree-"));
  try {
    cpSync(root, join(copy, place.prefix), {
      recursive: true,
      verbatimSymlinks: true,
      // Of a folder that is left out single files may be taken back.
      filter: (source) => !leftOut.has(relative(root, source)) || lstatSync(source).isDirectory(),
    });
    return await use(copy);
  } finally {
    rmSync(copy, { recursive: true });
  }
}

/** The Kustomization of the model that was built. */
export function kustomizationOf(
  { kustomizations }: TreeModel,
  built: Pick<BuiltKustomization, "namespace" | "name" | "path">,
): FluxKustomization | undefined {
  const same = kustomizations.filter(
    ({ namespace, name }) => namespace === built.namespace && name === built.name,
  );
  return (
    same.find(({ spec }) => posix.join(".", String(valueAt(spec, "path") ?? "")) === built.path) ?? same[0]
  );
}

/** A problem of a build, with the Kustomization that does not build. */
interface FoundProblem {
  readonly built: BuiltKustomization;
  readonly kustomization: FluxKustomization | undefined;
  readonly problem: BuildProblem;
}

/** All problems of one kind. */
export function problemsOf(
  model: TreeModel,
  builds: readonly BuildAnswer[],
  rule: BuildProblem["rule"],
): readonly FoundProblem[] {
  return builds
    .flatMap(({ kustomizations }) => kustomizations)
    .flatMap((built) => {
      const kustomization = kustomizationOf(model, built);
      const problems = built.problems.filter((problem) => problem.rule === rule);
      return problems.map((problem) => ({ built, kustomization, problem }));
    });
}

/** A problem of the build as a finding: in the object's file, at its field. */
export function problemFinding(
  model: TreeModel,
  kustomization: FluxKustomization | undefined,
  problem: BuildProblem,
  { message, fix }: Pick<Finding, "message" | "fix">,
): Finding {
  const written = writtenObject(model, problem);
  if (written !== undefined) return finding(written, fieldPath(problem.field ?? ""), message, fix);
  const file = problem.file === null ? undefined : existing(model, problem.file);
  const own = kustomization?.object.source;
  // Of the Kustomization itself, e.g. its patches.
  if (own !== undefined && (file === undefined || file === own.file))
    return finding(own, problem.object === null ? fieldPath(problem.field ?? "") : [], message, fix);
  return { file: file ?? ".", line: 1, message, fix };
}

/** The object that a problem is about, as it stands in its file. */
export function writtenObject(
  model: TreeModel,
  { file, object }: Pick<BuildProblem, "file" | "object">,
): FileObject | undefined {
  if (file === null || object === null) return undefined;
  const [kind = "", place = ""] = object.split(" ");
  const name = place.split("/").at(-1) ?? "";
  const there = model.kustomize.objects(existing(model, file)).filter(({ data }) => data.kind === kind);
  // Its name may have a variable or a prefix.
  return there.find(({ data }) => data.metadata.name === name) ?? (there.length === 1 ? there[0] : undefined);
}

/** Where an object comes from; the Kustomization that applies it where nobody knows. */
export function originOf(
  model: TreeModel,
  kustomization: FluxKustomization | undefined,
  { file, object }: BuiltObject,
): Origin {
  const named = `${object.kind} ${object.metadata.namespace ?? ""}/${object.metadata.name}`;
  return (
    writtenObject(model, { file, object: named }) ??
    kustomization?.object.source ?? { file: file === null ? "." : existing(model, file), line: () => 1 }
  );
}

function existing(model: TreeModel, file: string): string {
  return model.kustomize.existing(inTree(model.place, file));
}

/** `spec.containers[0].image` as a path. */
function fieldPath(field: string): FieldPath {
  return [...field.matchAll(/\[(\d+)\]|\["?([^\]"]+)"?\]|([^.[\]]+)/g)].map(([, index, quoted, name]) =>
    index === undefined ? (quoted ?? name ?? "") : Number(index),
  );
}
