// What in a patch looks like a secret. Patches stand readable in previews, plans, pull requests and the state.
import { hasSecretShape } from "../../steps/redact.ts";
import { leavesOf, valueAt, type Segment } from "../walk.ts";

/** A Secret of Kubernetes that a text holds as YAML or JSON. */
const secretManifest = /^\s*"?kind"?:\s*"?Secret"?\s*,?\s*$/m;

/** Names of fields and variables that hold a secret. What only names one ends otherwise: `secretName`, `tokenFile`. */
const secretName =
  /(pass(word|wd|phrase)?|token|secret|auth(key)?|credentials?|psk|(private|preshared|pre[-_]shared|api|access|auth|client|secret|encryption)[-_]?key)$/i;

/** An assignment inside of a text, e.g. a line of a config file. */
const assignment =
  /^[ \t]*(?:export[ \t]+)?["']?([\w.-]*(?:password|passwd|passphrase|token|secret|private[-_]?key|api[-_]?key|auth[-_]?key))["']?[ \t]*[:=][ \t]*["']?([^\s"'#,{}[\]]+)/gim;

/** Maps whose keys are names of other things: `nodeLabels: {"example.com/token": "yes"}` is a label. */
const namesOfOthers = /^(labels|annotations|nodeLabels|nodeAnnotations|nodeTaints|sysctls|sysfs)$/;

/** Extension services and containers: what they get is theirs, and nobody can tell by its look what of it is a secret. */
export function isService(patch: unknown): boolean {
  return ["ExtensionServiceConfig", "ContainerConfig"].includes(String(valueAt(patch, ["kind"])));
}

/** Why the text at a path of a patch looks like a secret, e.g. `looks like a token or a key`; undefined when it does not. */
function secretLook(patch: unknown, path: readonly Segment[], text: string): string | undefined {
  if (text === "") return undefined;
  if (hasSecretShape(text)) return "holds what looks like a key or a token";
  if (secretManifest.test(text)) return "holds a Secret of Kubernetes";
  const look = isService(patch) ? serviceLook(path, text) : undefined;
  if (look !== undefined) return look;
  const names = path.filter((segment) => typeof segment === "string");
  const name = names.at(-1) ?? "";
  const isNamed = !names.slice(0, -1).some((segment) => namesOfOthers.test(segment));
  if (isNamed && (secretName.test(name) || isKeyOfCertificate(patch, path)) && !isNoSecret(text))
    return `is called ${name}, as secrets are`;
  const assigned = [...text.matchAll(assignment)].find(([, , value = ""]) => !isNoSecret(value));
  return assigned === undefined ? undefined : `sets ${assigned[1] ?? ""}, which is called as secrets are`;
}

/** Texts of a patch that look like secrets, with their reasons. */
export function secretLooks(patch: unknown): readonly (readonly [path: readonly Segment[], look: string])[] {
  return leavesOf(patch).flatMap(([path, value]) => {
    const isText = typeof value === "string" || typeof value === "number";
    const look = isText ? secretLook(patch, path, String(value)) : undefined;
    return look === undefined ? [] : [[path, look] as const];
  });
}

function serviceLook(path: readonly Segment[], text: string): string | undefined {
  if (path.at(-1) === "content")
    return "is a file of an extension service, in which nobody can tell what is a secret";
  if (path[0] !== "environment") return undefined;
  const [, name = "", value = ""] = /^([^=]*)=?([\s\S]*)$/.exec(text) ?? [];
  if (secretName.test(name) ? isNoSecret(value) : isPlain(value)) return undefined;
  return `is the variable ${name} of an extension service, and its value may be a secret`;
}

/** `key` beside `crt` or `cert`, as Talos has its key pairs. */
function isKeyOfCertificate(patch: unknown, path: readonly Segment[]): boolean {
  if (path.at(-1) !== "key") return false;
  const parent = path.slice(0, -1);
  return ["crt", "cert"].some((name) => valueAt(patch, [...parent, name]) !== undefined);
}

/** What a field that is called like a secret has where it holds none: nothing, a switch, the path of a file, a variable. */
function isNoSecret(value: string): boolean {
  return /^(|true|false|yes|no|on|off|none|null|~|\/[\w./-]*|\$\{?\w+\}?|\{\{.*)$/i.test(value);
}

/** Values that say by themselves that they are none: also numbers, addresses and networks, URLs, and lists of all these. */
function isPlain(value: string): boolean {
  const forms =
    /^(-?\d{1,6}(\.\d+)?[a-z]{0,2}|[\d.]+(\/\d+)?(:\d+)?|[\da-f:]*::[\da-f:]*(\/\d+)?|(https?|udp|tcp):\/\/[\w.:[\]-]+\/?)$/i;
  return value.split(/[\s,]+/).every((part) => isNoSecret(part) || forms.test(part));
}
