// `<kind>/<namespace>/<name>`: the object that a command is about.
import { nearest } from "../../src/config/suggest.ts";
import type { Kubernetes, KubeObject } from "../../src/steps/kubernetes.ts";
import { kindNamed, type FluxKind } from "./kinds.ts";
import { StepError } from "../../src/steps/stepError.ts";

/** An object by its name. */
export interface Target {
  readonly kind: FluxKind;
  readonly namespace: string;
  readonly name: string;
}

/** Reads `<kind>/<namespace>/<name>`. @throws StepError when it is written in another way */
export function readTarget(text: string): Target {
  const [kind = "", namespace = "", name = "", ...more] = text.split("/");
  const known = kindNamed(kind);
  if (namespace === "" || name === "" || more.length > 0)
    throw new StepError(
      `${text} names no object`,
      `write <kind>/<namespace>/<name>, e.g. ${known.kind}/flux-system/${name || namespace || "podinfo"}`,
    );
  return { kind: known, namespace, name };
}

/** How it is written on a command line. */
export function wordOf({ kind, namespace, name }: Target): string {
  return `${kind.kind}/${namespace}/${name}`;
}

/** Reads the object. @throws StepError with the nearest names when it is not there */
export async function readObject(kubernetes: Kubernetes, target: Target): Promise<KubeObject> {
  const { kind, namespace, name } = target;
  const object = await kubernetes.read(kind.apiVersion, kind.kind, name, namespace);
  if (object !== undefined) return Object.assign(object, { apiVersion: kind.apiVersion, kind: kind.kind });
  const others = await kubernetes.list(kind.apiVersion, kind.kind).catch(() => undefined);
  if (others === undefined) throw new StepError(`this cluster knows no kind ${kind.kind}`);
  throw notThere(target, others);
}

/** The error about an object that is not there, with the names that come nearest. */
export function notThere(target: Target, others: readonly KubeObject[]): StepError {
  const { kind, namespace, name } = target;
  const words = others.map(({ metadata }) => `${metadata?.namespace ?? ""}/${metadata?.name ?? ""}`);
  const sameName = words.filter((word) => word.endsWith(`/${name}`));
  const sameNamespace = words.filter((word) => word.startsWith(`${namespace}/`));
  const near = nearest(`${namespace}/${name}`, words) ?? nearest(`${namespace}/${name}`, sameNamespace);
  const meant = [...new Set([...sameName, ...(near === undefined ? [] : [near])])].slice(0, 3);
  const todo =
    meant.length > 0
      ? `did you mean ${meant.map((word) => `${kind.kind}/${word}`).join(" or ")}?`
      : words.length === 0
        ? `there is none at all in the cluster`
        : `there are ${words.slice(0, 10).join(", ")}${words.length > 10 ? " and others" : ""}`;
  return new StepError(`there is no ${kind.kind} ${namespace}/${name}`, todo);
}
