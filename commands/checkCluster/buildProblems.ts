// Where something that the build has found stands in the tree.
import {
  inTree,
  type FieldPath,
  type FileObject,
  type Finding,
  type FluxKustomization,
  type Origin,
  type TreeModel,
} from "../../tree/index.ts";
import type { BuildProblem, BuiltObject } from "../tree/types.ts";
import { finding } from "./rule.ts";

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
