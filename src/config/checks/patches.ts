// What must not be in machine config patches: secrets in clear, since patches are readable in every preview, and what
// patches/rules.ts lists.
import { isDeletion } from "../patches/lines.ts";
import { placedPatches } from "../patches/places.ts";
import { isClusterSecret, ownedKinds, patchRules, type Rule } from "../patches/rules.ts";
import { isService, secretLooks } from "../patches/secretLooks.ts";
import { problem, show, type Problem } from "../problem.ts";
import { setSecret } from "../rawConfig.ts";
import type { Values } from "../readStack.ts";
import { SecretText } from "../secretText.ts";
import { didYouMean } from "../suggest.ts";
import { isRecord, pathText, valueAt, type Segment } from "../walk.ts";

type Path = readonly Segment[];

/** Keys at the root of a machine config; everything else is a document with a kind. */
const rootKeys = ["version", "debug", "persist", "machine", "cluster"];

/** All problems in the patches of the stack and of its nodes. */
export function checkPatches(values: Values): readonly Problem[] {
  const rules = patchRules(values.cluster?.talosContract);
  return placedPatches(values).flatMap(({ path: place, patch }) => {
    const at = (path: Path): string => pathText([...place, ...path]);
    const form = [...wrongForm(patch, at)];
    if (form.length > 0) return form;
    const found = [
      ...rules.flatMap((rule) => violation(rule, patch, at) ?? []),
      ...namelessVariables(place, patch),
      ...secretsInClear(place, patch),
    ];
    // One deletion may take several values away.
    return [...new Map(found.map((one) => [`${one.path} ${one.message}`, one])).values()];
  });
}

/** What is no piece of machine config at all, or a document that the program writes. */
function* wrongForm(patch: unknown, at: (path: Path) => string): Iterable<Problem> {
  if (!isRecord(patch)) return;
  const kind = patch["kind"];
  const hidden = ["kind", "apiVersion", "$patch"].filter((key) => patch[key] instanceof SecretText);
  if ("op" in patch && "path" in patch)
    yield problem(
      at([]),
      "is a JSON patch",
      "write the patch as a piece of machine config (JSON patches are not supported)",
    );
  else if (hidden.length > 0)
    for (const key of hidden)
      yield problem(at([key]), "is encrypted, and decides what the patch is", "write it readable");
  else if (typeof kind === "string" && ownedKinds[kind] !== undefined)
    yield problem(at([]), `${kind} is written by the program`, `remove it${ownedKinds[kind]}`);
  else if (kind === undefined)
    for (const key of Object.keys(patch).filter((name) => !rootKeys.includes(name)))
      yield problem(
        at([key]),
        "unknown key",
        didYouMean(key, rootKeys) ?? "write machine, cluster, or a document with apiVersion and kind",
      );
}

/** What a patch does to a value that is not for patches; undefined where it leaves it alone. */
function violation(rule: Rule, patch: unknown, at: (path: Path) => string): Problem | undefined {
  const path = touched(patch, rule.path);
  const value = path && valueAt(patch, path);
  if (path === undefined || rule.allowed.includes(value)) return undefined;
  const advice = isDeletion(value) ? rule.taken : rule.set(show(value));
  return advice && problem(at(path), ...advice);
}

/** Where a patch sets or takes away what stands at a path; undefined where it leaves it alone. */
function touched(patch: unknown, path: Path): Path | undefined {
  const parts = path.map((_, index) => path.slice(0, index + 1));
  const taken = parts.find((part) => isDeletion(valueAt(patch, part)));
  return taken ?? (valueAt(patch, path) === undefined ? undefined : path);
}

/** Encrypted variables of services without their names: Talos takes them, and no service ever reads them. */
function* namelessVariables(place: Path, patch: unknown): Iterable<Problem> {
  const variables = valueAt(patch, ["environment"]);
  if (!Array.isArray(variables) || !isService(patch)) return;
  for (const [index, variable] of (variables as readonly unknown[]).entries()) {
    const text = variable instanceof SecretText ? variable.reveal() : undefined;
    const path = [...place, "environment", index];
    if (text !== undefined && !/^[^=\s]+=/.test(text))
      yield problem(
        pathText(path),
        "is encrypted and does not begin with NAME=, so that no service reads it",
        `encrypt NAME=VALUE as a whole: ${setSecret(path)} asks for it`,
      );
  }
}

/** Everything that looks like a secret and stands readable. The cluster's own have a problem already. */
function* secretsInClear(place: Path, patch: unknown): Iterable<Problem> {
  for (const [path, look] of secretLooks(patch)) {
    if (isClusterSecret(path)) continue;
    const asked = path[0] === "environment" && isService(patch) ? "NAME=VALUE as a whole" : "the value";
    yield problem(
      pathText([...place, ...path]),
      `${look}, and patches are readable in previews and in the state`,
      `encrypt it: ${setSecret([...place, ...path])} asks for ${asked}; what has been pushed in clear is to be made anew`,
    );
  }
}
