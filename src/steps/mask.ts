// Hides secrets inside values, for plans and diffs: by what they are (values that somebody called a secret, and shapes
// that only secrets have), by the name of their field, and by their place. That a hidden value changes is still shown.
import { createHmac, randomBytes } from "node:crypto";
import { hidden, Redactor } from "./redact.ts";

/**
 * Names that fields with secrets have in Talos', Cilium's and Kubernetes' own schemas, in environments, and those of this
 * program's inputs that are secrets: they are marked, but nothing here depends on it.
 */
const secretNames =
  /passw|passphrase|(?<!image[Pp]ull)secret$|token|(private|client|deploy|age|auth|api|access|encryption)[-_]?key$|client-key|preshared|psk$|credential|^auth$|^machineConfiguration|(kube|talos)config/i;

/** Texts that are one whatever their field is called: a Secret inside a manifest, a URL with a password. */
const secretLooks = /^kind: Secret$|:\/\/[^/\s:@]+:[^/\s@]+@/m;

/** A line that gives a value to a name: of an environment, a list of arguments, a file of settings. */
const assignment = /^([\s-]*(?:export\s+)?["']?)([\w.-]+)(["']?\s*[=:]\s*)(\S.*)$/gm;

/** What an encrypted value of sops looks like. */
const encrypted = /ENC\[[^\]]*\]/g;

/** A hidden value between hiding and showing: equal values have equal marks, and nobody gets from a mark to its value. */
const mark = /\[secret:[0-9a-f]{16}\]/g;

/** Hides secrets. Two of them with the same key hide a value behind the same mark. */
export class Masker {
  readonly #redactor = new Redactor((secret) => this.#mark(secret));
  readonly #key: string;

  /** @param key any text that nobody can guess; default a new one */
  constructor(key: string = randomBytes(32).toString("hex")) {
    this.#key = key;
  }

  /** Remembers a secret, see {@link Redactor.learn}. */
  learn(secret: string): void {
    this.#redactor.learn(secret);
  }

  /** Remembers those values of a document that are secrets by the names of their fields. */
  learnNamed(value: unknown, name = ""): void {
    if (typeof value === "string" && secretNames.test(name)) this.learn(value);
    else if (typeof value === "object" && value !== null)
      for (const [key, inner] of Object.entries(value))
        this.learnNamed(inner, Array.isArray(value) ? name : key);
  }

  /** The value with every secret in it replaced by a mark. @param name of its field */
  hide(value: unknown, name = ""): unknown {
    if (Array.isArray(value)) return value.map((item) => this.hide(item, name));
    if (isFields(value)) {
      const { kind, name: variable } = value;
      return mapFields(value, (key, inner) => {
        if (kind === "Secret" && (key === "data" || key === "stringData")) return [key, this.hideAll(inner)];
        // A variable of a container: `{ name: DB_PASSWORD, value: … }`.
        const of = key === "value" && typeof variable === "string" ? variable : key;
        return [this.#redactor.redact(key), this.hide(inner, of)];
      });
    }
    if (typeof value === "string") return this.#hideText(value, name);
    if (typeof value === "number" && this.#redactor.redact(String(value)) !== String(value))
      return this.#mark(String(value));
    return value;
  }

  /** The value with every single value in it replaced by a mark; what is null stays. */
  hideAll(value: unknown): unknown {
    if (value === null || value === undefined) return value;
    if (Array.isArray(value)) return value.map((item) => this.hideAll(item));
    if (!isFields(value)) return this.#mark(String(value));
    return mapFields(value, (key, inner) => [key, this.hideAll(inner)]);
  }

  /** A text for people, with every secret replaced by `[secret]`. */
  redact(text: string): string {
    return this.#redactor.redact(text).replaceAll(mark, hidden);
  }

  #hideText(text: string, name: string): string {
    if (text === "") return text;
    if (secretNames.test(name) || secretLooks.test(text)) return this.#mark(text);
    const assigned = text.replace(
      assignment,
      (line, before: string, key: string, sign: string, value: string) =>
        secretNames.test(key) ? `${before}${key}${sign}${this.#mark(value)}` : line,
    );
    return this.#redactor.redact(assigned).replace(encrypted, (value) => this.#mark(value));
  }

  #mark(secret: string): string {
    // The engine has hidden it already: which one it is, nobody knows.
    if (secret === hidden) return hidden;
    return `[secret:${createHmac("sha256", this.#key).update(secret).digest("hex").slice(0, 16)}]`;
  }
}

/**
 * A hidden value for people: marks become `[secret]`; what differs from the old value in nothing else says so.
 * @param old the same value on the other side, hidden as well; undefined: there is none
 */
function shown(value: unknown, old?: unknown): unknown {
  if (Array.isArray(value))
    return value.map((item, index) => shown(item, Array.isArray(old) ? old[index] : undefined));
  if (isFields(value))
    return mapFields(value, (key, inner) => [
      key.replaceAll(mark, hidden),
      shown(inner, isFields(old) ? old[key] : undefined),
    ]);
  if (typeof value !== "string") return value;
  const text = value.replaceAll(mark, hidden);
  const isAnother = typeof old === "string" && old !== value && old.replaceAll(mark, hidden) === text;
  return isAnother ? `${text} (another one)` : text;
}

/** Both values of a change with their secrets masked; a secret that differs differs afterwards as well. */
export function maskPair(
  before: unknown,
  after: unknown,
  masker = new Masker(),
): readonly [unknown, unknown] {
  const [old, next] = [masker.hide(before), masker.hide(after)];
  return [shown(old), shown(next, old)];
}

type Fields = Readonly<Record<string, unknown>>;

function mapFields(fields: Fields, change: (key: string, value: unknown) => [string, unknown]): Fields {
  return Object.fromEntries(Object.entries(fields).map(([key, value]) => change(key, value)));
}

/** Whether a value is an object, and no list. */
export function isFields(value: unknown): value is Fields {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
