// What must not be in machine config patches: secrets in clear, since patches are readable in every preview, whatever the
// program sets itself, since two writers would take turns, and what it relies on.
import { isDeletion } from "../patches/lines.ts";
import { keyKinds, ownedKinds, ownedPaths, type Forbidden } from "../patches/owned.ts";
import { placedPatches } from "../patches/places.ts";
import { reliedOn } from "../patches/reliedOn.ts";
import { secretLooks, serviceKinds } from "../patches/secretLooks.ts";
import { isNested, isRecord, pathText, valueAt, type Segment } from "../walk.ts";
import { problem, show, type Problem } from "../problem.ts";
import { setSecret } from "../rawConfig.ts";
import type { Values } from "../readStack.ts";
import { SecretText } from "../secretText.ts";
import { nearest } from "../suggest.ts";

/** Secrets of the cluster. They are made by the program (or imported by secretsFile). */
const secretKeys: readonly (readonly string[])[] = [
  ["machine", "token"],
  ["machine", "ca"],
  ["cluster", "secret"],
  ["cluster", "token"],
  ["cluster", "ca"],
  ["cluster", "aggregatorCA"],
  ["cluster", "serviceAccount"],
  ["cluster", "etcd", "ca"],
  ["cluster", "aescbcEncryptionSecret"],
  ["cluster", "secretboxEncryptionSecret"],
];

/** Keys at the root of a machine config; everything else is a document with a kind. */
const rootKeys = ["version", "debug", "persist", "machine", "cluster"];

/** All problems in the patches of the stack and of its nodes. */
export function checkPatches(values: Values): readonly Problem[] {
  const own = ownedPaths(values.cluster?.talosContract);
  return placedPatches(values).flatMap(({ path, patch }) => checkPatch(path, patch, own));
}

function checkPatch(
  place: readonly Segment[],
  patch: unknown,
  own: readonly Forbidden[],
): readonly Problem[] {
  const at = (path: readonly Segment[]): string => pathText([...place, ...path]);
  const form = checkForm(patch, at);
  if (form.length > 0) return form;
  const kind = valueAt(patch, ["kind"]);
  if (typeof kind === "string" && (kind in ownedKinds || keyKinds.includes(kind)))
    return [
      problem(
        at([]),
        `${kind} is written by the program`,
        `remove it${kind in ownedKinds ? ` and ${ownedKinds[kind] ?? ""}` : ": the program makes these keys, or takes them from secretsFile"}`,
      ),
    ];
  const secrets = secretKeys
    .map((path) => touched(patch, path))
    .filter((path) => path !== undefined)
    .map((path) =>
      problem(
        at(path),
        "is a secret of the cluster",
        "remove it: the program makes these keys, or takes them from secretsFile",
      ),
    );
  return [
    ...secrets,
    ...owned(patch, at, own),
    ...relied(patch, at),
    ...namelessVariables(place, patch),
    ...secretsInClear(place, patch),
  ];
}

/** What is no piece of machine config at all. */
function checkForm(patch: unknown, at: (path: readonly Segment[]) => string): readonly Problem[] {
  if (!isRecord(patch)) return [];
  if ("op" in patch && "path" in patch)
    return [
      problem(
        at([]),
        "is a JSON patch",
        "write the patch as a piece of machine config (JSON patches are not supported)",
      ),
    ];
  const hidden = ["kind", "apiVersion", "$patch"].filter((key) => patch[key] instanceof SecretText);
  if (hidden.length > 0)
    return hidden.map((key) =>
      problem(at([key]), "is encrypted, and decides what the patch is", "write it readable"),
    );
  if ("kind" in patch) return [];
  return Object.keys(patch)
    .filter((key) => !rootKeys.includes(key))
    .map((key) => {
      const meant = nearest(key, rootKeys);
      return problem(
        at([key]),
        "unknown key",
        meant === undefined
          ? "write machine, cluster, or a document with apiVersion and kind"
          : `did you mean ${meant}?`,
      );
    });
}

function owned(
  patch: unknown,
  at: (path: readonly Segment[]) => string,
  own: readonly Forbidden[],
): readonly Problem[] {
  const hits = own.flatMap(({ path, instead, isThere }) => {
    const hit = touched(patch, path);
    return hit === undefined || (!isThere && isDeletion(valueAt(patch, hit)))
      ? []
      : [{ path: hit, instead: hit.length === path.length ? instead : "" }];
  });
  // One deletion may take several of them.
  const unique = new Map(hits.map((hit) => [pathText(hit.path), hit]));
  return [...unique.values()].map(({ path, instead }) => {
    const value = valueAt(patch, path);
    return isDeletion(value)
      ? problem(at(path), "takes away what the program sets", "remove it")
      : problem(at(path), `holds ${show(value)}, but the program sets this itself`, `remove it${instead}`);
  });
}

function relied(patch: unknown, at: (path: readonly Segment[]) => string): readonly Problem[] {
  const found = reliedOn.flatMap(({ path, allowed, isThere, reason, todo }) => {
    const hit = touched(patch, path);
    if (hit === undefined) return [];
    const value = valueAt(patch, hit);
    if (isDeletion(value))
      return isThere === true
        ? [problem(at(hit), `must stay: ${reason}`, "take the deletion of it out of the patch")]
        : [];
    return allowed.includes(value) ? [] : [problem(at(hit), `${show(value)} must not be: ${reason}`, todo)];
  });
  // One deletion may take several of them.
  return [...new Map(found.map((one) => [`${one.path} ${one.message}`, one])).values()];
}

/** Where a patch sets or takes away what stands at a path; undefined where it leaves it alone. */
function touched(patch: unknown, path: readonly Segment[]): readonly Segment[] | undefined {
  for (let length = 1; length <= path.length; length += 1) {
    const part = path.slice(0, length);
    const value = valueAt(patch, part);
    if (value === undefined) return undefined;
    if (length === path.length || isDeletion(value)) return part;
    if (!isNested(value)) return undefined;
  }
  return undefined;
}

/** Encrypted variables of services without their names: Talos takes them, and no service ever reads them. */
function namelessVariables(place: readonly Segment[], patch: unknown): readonly Problem[] {
  const variables = valueAt(patch, ["environment"]);
  if (!Array.isArray(variables) || !serviceKinds.includes(String(valueAt(patch, ["kind"])))) return [];
  return variables.flatMap((variable: unknown, index) => {
    const text = variable instanceof SecretText ? variable.reveal() : undefined;
    if (text === undefined || /^[^=\s]+=/.test(text)) return [];
    const path = [...place, "environment", index];
    return [
      problem(
        pathText(path),
        "is encrypted and does not begin with NAME=, so that no service reads it",
        `encrypt NAME=VALUE as a whole: ${setSecret(path)} asks for it`,
      ),
    ];
  });
}

/** What {@link setSecret} asks for. */
function asked(patch: unknown, path: readonly Segment[]): string {
  const isVariable = path[0] === "environment" && serviceKinds.includes(String(valueAt(patch, ["kind"])));
  return isVariable ? "NAME=VALUE as a whole" : "the value";
}

/** Everything that looks like a secret and stands readable. The cluster's own have a problem already. */
function secretsInClear(place: readonly Segment[], patch: unknown): readonly Problem[] {
  return secretLooks(patch)
    .filter(([path]) => !secretKeys.some((key) => key.every((segment, index) => path[index] === segment)))
    .map(([path, look]) =>
      problem(
        pathText([...place, ...path]),
        `${look}, and patches are readable in previews and in the state`,
        `encrypt it: ${setSecret([...place, ...path])} asks for ${asked(patch, path)}; what has been pushed in clear is to be made anew`,
      ),
    );
}
