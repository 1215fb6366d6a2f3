// Values of variables that do not arrive as they stand there. Flux puts them as texts into the YAML that kustomize gives out,
// where quotes are gone, and reads that anew.
// Source: fluxcd/pkg kustomize v1.35 kustomize_varsub.go.
import { stringify } from "yaml";
import type { Finding } from "./finding.ts";
import type { FluxKustomization } from "./model/fluxKustomizations.ts";
import { parseAsGo } from "./model/goYaml.ts";
import type { Placed, TreeModel } from "./model/treeModel.ts";
import { fieldsOf, valueAt } from "./model/values.ts";
import { substituteFromOf, variablesOf } from "./model/variables.ts";
import { usesIn, type Use } from "./variableUses.ts";

/** What is wrong with values in ConfigMaps, at their lines. Of Secrets nobody can know. */
export function strangeValues(model: TreeModel): readonly Finding[] {
  return model.placed.flatMap((object) => {
    const users = usersOf(model, object);
    if (users.length === 0) return [];
    const values = fieldsOf(object.data["data"]);
    return Object.entries(values).flatMap(([name, value]): readonly Finding[] => {
      const problem =
        typeof value === "string" ? problemOf(model, object, { name, value, users }) : undefined;
      if (problem === undefined) return [];
      const { file, line } = object.source;
      return [{ file, line: line("data", name), ...problem }];
    });
  });
}

interface Variable {
  readonly name: string;
  readonly value: string;
  readonly users: readonly FluxKustomization[];
}

/** Kustomizations that take variables from a ConfigMap. */
function usersOf(
  { kustomizations }: TreeModel,
  { data, name, namespace }: Placed,
): readonly FluxKustomization[] {
  if (data.kind !== "ConfigMap" || data.apiVersion !== "v1") return [];
  return kustomizations.filter(
    (kustomization) =>
      (namespace === undefined || kustomization.namespace === namespace) &&
      substituteFromOf(kustomization.spec).some(
        (reference) => reference.kind === "ConfigMap" && reference.name === name,
      ),
  );
}

function problemOf(
  model: TreeModel,
  object: Placed,
  variable: Variable,
): Pick<Finding, "message" | "fix"> | undefined {
  const { name, value, users } = variable;
  const inner = innerVariable(model, object, variable);
  if (inner !== undefined)
    return {
      message: `the value of ${name} holds \${${inner}}, but Flux replaces no variables in variables: apps get it as it stands here`,
      fix: `write the value of ${inner} here, or \${${inner}} where ${name} is used`,
    };
  if (value.trimEnd().includes("\n"))
    return {
      message: `the value of ${name} has several lines, which Flux joins without anything between them`,
      fix: "write it in one line, or give the app a ConfigMap of its own",
    };
  const broken = users
    .filter(({ spec }) => !(name in fieldsOf(valueAt(spec, "postBuild", "substitute"))))
    .flatMap((user) => usesIn(model, user))
    .find((use) => use.name === name && !survives(use, variable));
  if (broken === undefined) return undefined;
  return {
    message: `the value of ${name} does not arrive as it stands here: without quotes, as Flux puts it into ${broken.file}:${String(broken.line)}, it is another text or no YAML`,
    fix: `leave out what YAML takes for its own (": ", " #", or one of @ \` % * & ! | > [ { at the beginning), or write the text into that file, in quotes and without a variable`,
  };
}

/** A variable of the same Kustomizations in a value; undefined where whoever delivers the value replaces it first. */
function innerVariable(
  { providers }: TreeModel,
  { owner }: Placed,
  { value, users }: Variable,
): string | undefined {
  if (owner !== undefined && variablesOf(owner, providers).areReplaced) return undefined;
  return [...value.matchAll(/\$\{([A-Za-z_]\w*)/g)]
    .map(([, inner = ""]) => inner)
    .find((inner) => users.some((user) => variablesOf(user, providers).names.has(inner)));
}

/** Whether a text with the value in it is read as that text, or as a number or the like. */
function survives({ text = "" }: Use, { name, value }: Variable): boolean {
  // Kustomize writes texts of several lines as blocks, which take everything; quotes are put in on purpose.
  if (text.includes("\n") || /["']/.test(value)) return true;
  const variable = new RegExp(String.raw`(?<!\$)\$\{${name}(?::?[-=][^}]*)?\}`, "g");
  const put = (into: string): string => into.replaceAll(variable, () => value.trimEnd());
  const [document] = parseAsGo(put(stringify({ x: text }, { lineWidth: 0, singleQuote: true })), "helm");
  if (document === undefined || document.errors.length > 0) return false;
  try {
    const read = valueAt(document.toJS(), "x");
    return typeof read === "object" ? read === null : typeof read !== "string" || read === put(text).trim();
  } catch {
    // An alias without its anchor.
    return false;
  }
}
