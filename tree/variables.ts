// Variables that nobody defines. Flux 2.9 refuses to build a Kustomization with one of them, long after the push; here
// it is one message before anything is touched.
//
// Flux replaces `${NAME}` after the build, in every Kustomization that has variables at all. Names come from the ConfigMaps
// and Secrets of its postBuild.substituteFrom (a SOPS file's keys are readable), injected ones included, and from its own
// postBuild.substitute.
import type { Finding } from "./finding.ts";
import type { FluxKustomization } from "./model/fluxKustomizations.ts";
import { fieldsOf, listOf, valueAt } from "./model/values.ts";
import type { TreeModel } from "./model/treeModel.ts";
import { providerOf, substituteFromOf, variablesOf, type Variables } from "./model/variables.ts";
import { usesIn, type Use } from "./variableUses.ts";

/** A use of a variable that nobody defines. */
export interface UndefinedVariable extends Finding {
  /** e.g. `SECRET_DOMAIN` */
  readonly name: string;
}

/** One finding per name and file. */
export function undefinedVariables(model: TreeModel): readonly UndefinedVariable[] {
  const known = new Map(
    model.kustomizations.map((owner) => [owner, variablesOf(owner, model.providers)] as const),
  );
  const everywhere = new Set([...known.values()].flatMap(({ names }) => [...names]));
  const shared = sharedNames(model);
  const seen = new Set<string>();
  return [...known].flatMap(([owner, variables]) => {
    const isWrong = judge(owner, variables, shared, model);
    if (isWrong === undefined) return [];
    return usesIn(model, owner).flatMap((use) => {
      const key = `${use.file} ${use.name}`;
      if (!isWrong(use) || seen.has(key)) return [];
      seen.add(key);
      const found = findingOf(model, owner, use, { everywhere, isReplaced: variables.areReplaced });
      return [{ ...found, name: use.name }];
    });
  });
}

/** Which uses are mistakes in a Kustomization; undefined when none can be. */
function judge(
  owner: FluxKustomization,
  { names, areOpen, areReplaced }: Variables,
  shared: ReadonlySet<string>,
  model: TreeModel,
): ((use: Use) => boolean) | undefined {
  if (areReplaced) return areOpen ? undefined : ({ name, hasDefault }) => !hasDefault && !names.has(name);
  // Without variables Flux leaves every text as it is. A name of the whole cluster outside of scripts was surely meant.
  if (hasOptedOut(owner, model)) return undefined;
  return ({ name, isScript }) => shared.has(name) && !isScript;
}

function findingOf(
  model: TreeModel,
  owner: FluxKustomization,
  { file, line, name }: Use,
  { everywhere, isReplaced }: { everywhere: ReadonlySet<string>; isReplaced: boolean },
): Finding {
  const who = `Kustomization ${owner.namespace}/${owner.name}`;
  const itself = `write $\${${name}} for the text itself`;
  if (!isReplaced)
    return {
      file,
      line,
      message: `uses \${${name}}, but ${who} replaces no variables`,
      fix: `give it postBuild.substituteFrom, or take the variable out`,
    };
  const where = model.files.kindOf("flux/vars") === "folder" ? "flux/vars" : `the variables of ${who}`;
  return {
    file,
    line,
    message: `uses \${${name}}, which nothing defines${everywhere.has(name) ? ` for ${who}` : ""}`,
    fix: `add it to ${where}, give it a default (\${${name}:=…}), or ${itself}`,
  };
}

/** Names of the objects from which Kustomizations take variables, and of flux/vars: those of the whole cluster. */
function sharedNames({ kustomizations, providers, placed }: TreeModel): ReadonlySet<string> {
  const used = new Set(
    kustomizations.flatMap(({ spec }) => substituteFromOf(spec).map(({ kind, name }) => `${kind}/${name}`)),
  );
  const ofVars = placed
    .filter(({ source }) => source.file.startsWith("flux/vars/"))
    .flatMap(({ data, namespace }) => providerOf(data, namespace)?.keys ?? []);
  return new Set([
    ...ofVars,
    ...providers.flatMap(({ kind, name, keys }) => (used.has(`${kind}/${name}`) ? keys : [])),
  ]);
}

/** Whether a Kustomization carries a label that a patch which injects variables asks about. */
function hasOptedOut({ object, parent }: FluxKustomization, { kustomizeFiles }: TreeModel): boolean {
  const patches = [
    ...listOf(parent?.spec["patches"]),
    ...kustomizeFiles.flatMap(({ fields }) => listOf(fields["patches"])),
  ];
  const selectors = patches
    .filter((patch) => String(fieldsOf(patch)["patch"] ?? "").includes("postBuild"))
    .map((patch) =>
      ["labelSelector", "annotationSelector"].map((key) => valueAt(patch, "target", key) ?? "").join(","),
    );
  const { labels, annotations } = object.data.metadata;
  return Object.keys({ ...labels, ...annotations }).some((key) =>
    selectors.some((selector) => selector.includes(key)),
  );
}
