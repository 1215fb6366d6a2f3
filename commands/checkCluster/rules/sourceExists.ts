import { posix } from "node:path";
import {
  filesOf,
  fluxNamespace,
  governing,
  type Finding,
  type Placed,
  type TreeModel,
} from "../../../tree/index.ts";
import { finding, listText, suggestion, type Rule } from "../rule.ts";
import { sourceReferences, sourcesOf, targetsOf, type Source, type SourceReference } from "../sources.ts";

/**
 * The source of every Kustomization, HelmRelease and HelmChart is in the tree, in the namespace that is meant: the object's
 * own where the reference names none.
 * Source: api/v1 of kustomize-controller and source-controller, api/v2 of helm-controller, `namespace` of the references.
 */
export const sourceExists: Rule = {
  name: "source-exists",
  what: "every sourceRef and chartRef means a source of the tree, in the right namespace",
  check: ({ model }) => {
    const sources = sourcesOf(model);
    const references = sourceReferences(model);
    return references.flatMap((reference) => {
      const targets = targetsOf(reference, sources);
      if (targets.length === 0)
        return isFromOutside(reference, references, sources) ? [] : [notThere(reference, sources)];
      const isComing = ({ object }: Source): boolean => object === undefined || isApplied(model, object);
      return targets.some(isComing) || !isApplied(model, reference.from)
        ? []
        : [at(reference, ", which no kustomization.yaml lists, so that it never comes", "list it there")];
    });
  },
};

function at({ kind, name, namespace, from, field }: SourceReference, what: string, fix: string): Finding {
  const who = `${from.data.kind} ${from.name} refers to ${kind} ${namespace ?? "(any)"}/${name}`;
  return finding(from.source, [...field, "name"], who + what, fix);
}

function notThere(reference: SourceReference, sources: readonly Source[]): Finding {
  const { kind, name, field } = reference;
  const others = sources.filter((source) => source.kind === kind);
  const namesakes = others.filter((source) => source.name === name);
  const spaces = [...new Set(namesakes.map(({ namespace }) => namespace ?? ""))];
  if (spaces[0] !== undefined)
    return at(
      reference,
      `, but ${name} is in ${listText(spaces)}`,
      `write namespace: ${spaces[0]} into ${field.join(".")}`,
    );
  const names = others.map((source) => source.name);
  return at(
    reference,
    `, which is not in the tree${suggestion(name, names)}`,
    "correct the name, or add the source",
  );
}

/** Whether it comes into the cluster; what nothing at all applies may be meant for somebody's hands. */
function isApplied({ kustomize, applied, leftOut }: TreeModel, { owner, source }: Placed): boolean {
  if (owner !== undefined) return true;
  const by = governing(kustomize, posix.dirname(source.file));
  return !filesOf(leftOut).has(source.file) && (by === undefined || !applied.has(by.file));
}

/**
 * Whether somebody else made the source that a tree is read from: `flux bootstrap` and the flux-operator name it as its
 * namespace; what Terraform makes has any name, but then all Kustomizations agree and the tree has no other.
 */
function isFromOutside(
  { kind, name, namespace, from }: SourceReference,
  references: readonly SourceReference[],
  sources: readonly Source[],
): boolean {
  if (from.data.kind !== "Kustomization") return false;
  if (name === fluxNamespace && (namespace ?? fluxNamespace) === fluxNamespace) return true;
  const others = references.filter((other) => other.from.data.kind === "Kustomization");
  const agreeing = others.filter((other) => other.kind === kind && other.name === name).length;
  const hasOne = sources.some((source) => source.kind === kind && source.kind !== "OCIRepository");
  return !hasOne && agreeing > 1 && agreeing * 2 > others.length;
}
