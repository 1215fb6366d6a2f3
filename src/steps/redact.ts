// Keeps secrets out of everything that is printed: what a step says, plans, diffs. Two nets: the values this process was
// given, in whatever form they stand there, and the shapes that secrets of this stack have, for values it was never told
// (a tool's error text, a decrypted file).

/** What stands in place of a secret. */
export const hidden = "[secret]";

/** Shapes of the secrets that Talos, Kubernetes, age, GitHub, OpenSSH, Tailscale, GitLab, Docker, Slack and AWS write. */
const shapes: readonly RegExp[] = [
  /-----BEGIN [A-Z0-9 ]*PRIVATE KEY-----[\s\S]*?(?:-----END [A-Z0-9 ]*PRIVATE KEY-----|$)|PRIVATE KEY-----/g,
  /AGE-SECRET-KEY-[0-9A-Z-]+/gi,
  /\bgh[pousr]_[A-Za-z0-9]+/g,
  /\bgithub_pat_\w+/g,
  /\btskey-[a-z]+-[\w-]{8,}/g,
  /\bglpat-[\w-]{8,}/g,
  /\bdckr_pat_[\w-]{8,}/g,
  /\bxox[abeprs]-[\w-]{8,}/g,
  /\bsk-[\w-]{20,}/g,
  /\bAKIA[A-Z0-9]{12,}/g,
  // The password in a URL.
  /(?<=\b[a-z][a-z0-9+.-]*:\/\/[^\s/:@]*:)[^\s/@]+(?=@)/gi,
  /\beyJ[\w-]{10,}\.[\w-]{10,}\.[\w-]+/g,
];

/** PEM, base64-encoded, as kubeconfig, talosconfig and machine config carry it ("-----BEGIN …"). */
const encodedPem = /LS0tLS1CRUdJTi[A-Za-z0-9+/=]+/g;

/** Whether a text holds what has the shape of a key or a token; certificates are no secrets. */
export function hasSecretShape(text: string): boolean {
  if (shapes.some((shape) => text.search(shape) !== -1)) return true;
  return [...text.matchAll(encodedPem)].some(([pem]) =>
    Buffer.from(pem, "base64").toString().includes("PRIVATE KEY"),
  );
}

/** What is no secret although it may stand in one: switches, ports, single letters. */
const ordinary = /^(?:true|false|yes|no|on|off|none|null|[0-9]{1,5}|.{1,3})$/i;

/** Replaces known and recognisable secrets in texts. */
export class Redactor {
  readonly #values = new Set<string>();
  readonly #whole = new Set<string>();
  /** The values, longest first: one may be part of another. Undefined when one has come since. */
  #sorted: readonly string[] | undefined;
  readonly #standIn: (secret: string) => string;

  /** @param standIn what takes the place of a secret; default `[secret]` */
  constructor(standIn: (secret: string) => string = () => hidden) {
    this.#standIn = standIn;
  }

  /**
   * Remembers a secret, and each of its lines and words on their own (a tool may print only one of them); each also as
   * base64 and JSON write it. A secret that is too short to be searched for counts only where it is the whole text.
   */
  learn(secret: string): void {
    const bare = secret.trim();
    if (bare === "") return;
    if (!ordinary.test(bare)) this.#whole.add(bare);
    // Only lines that say nothing else: of `current-context: admin@home` no part is a secret.
    const lines = secret.split("\n").filter((line) => !/[:#]|^\s*-----/.test(line));
    // Only words that look random: a kubeconfig is full of ordinary ones, e.g. `current-context:`.
    const words = secret
      .split(/[\s"']+/)
      .filter((word) => /^(?=.*\d)(?=.*[A-Za-z])[A-Za-z0-9+/=_.-]{20,}$/.test(word));
    this.#sorted = undefined;
    const pieces = [secret, bare, ...lines.map((line) => line.trim()), ...words];
    // Shorter values are not searched for: replacing them would tear ordinary words apart.
    for (const form of pieces.filter((piece) => piece.length >= 8).flatMap(formsOf)) this.#values.add(form);
  }

  /** The text with every secret replaced. */
  redact(text: string): string {
    if (this.#whole.has(text.trim())) return this.#standIn(text.trim());
    let result = text;
    this.#sorted ??= [...this.#values].sort((a, b) => b.length - a.length);
    for (const value of this.#sorted)
      if (result.includes(value)) result = result.replaceAll(value, () => this.#standIn(value));
    for (const shape of [...shapes, encodedPem])
      result = result.replace(shape, (secret) => this.#standIn(secret));
    return result;
  }
}

/** A secret as it stands in other texts. */
function formsOf(secret: string): readonly string[] {
  const inBase64 = [0, 1, 2].flatMap((offset) => base64Inside(secret, offset));
  return [secret, JSON.stringify(secret).slice(1, -1), encodeURIComponent(secret), ...inBase64];
}

/** What is the same of its base64, whatever stands before and after it: each character holds six bits. */
function base64Inside(secret: string, offset: number): readonly string[] {
  const bytes = Buffer.concat([Buffer.alloc(offset), Buffer.from(secret)]);
  const piece = bytes
    .toString("base64")
    .slice(Math.ceil((offset * 8) / 6), Math.floor((bytes.length * 8) / 6));
  // Shorter ones may be chance.
  if (piece.length < 10) return [];
  return [piece, piece.replaceAll("+", "-").replaceAll("/", "_")];
}
