// Where a value was patched into a Kustomization.
import {
  fieldsOf,
  listOf,
  valueAt,
  type FieldPath,
  type FluxKustomization,
  type Origin,
  type TreeModel,
} from "../../tree/index.ts";

/** The patch that gave a Kustomization a value which its own file does not have; undefined where there is none, or nobody knows. */
export function injectionOf(
  model: TreeModel,
  { object, parent }: FluxKustomization,
  field: FieldPath,
): Origin | undefined {
  const value = valueAt(object.data, ...field);
  const own = "data" in object.source ? valueAt(object.source.data, ...field) : undefined;
  if (own === value || typeof value !== "string") return undefined;
  const places = [
    ...(parent === undefined
      ? []
      : [{ fields: parent.spec, source: parent.object.source, at: ["spec", "patches"] }]),
    ...(parent?.build?.kustomizeFiles ?? []).map((file) => ({
      fields: file.fields,
      source: file,
      at: ["patches"],
    })),
  ];
  for (const { fields, source, at } of places) {
    const index = listOf(fields["patches"]).findIndex((patch) =>
      String(fieldsOf(patch)["patch"] ?? "").includes(value),
    );
    if (index >= 0) return lineWith(model, source, [...at, index], value);
  }
  return undefined;
}

/** The first line with a text from a field on: patches are texts in the file. */
function lineWith({ files }: TreeModel, source: Origin, field: FieldPath, text: string): Origin {
  const start = source.line(...field);
  const lines = (files.text(source.file) ?? "").split("\n").slice(start - 1);
  const index = lines.findIndex((line) => line.includes(text));
  return { file: source.file, line: () => start + Math.max(0, index) };
}
