// Keeps secrets out of everything a step prints. Two nets: the values this process was given, and the shapes that
// secrets of this stack have, for values it was never told (a tool's error text, a decrypted file).

const hidden = "[secret]";

/** Shapes of the secrets that Talos, Kubernetes, age, GitHub and OpenSSH write. */
const shapes: readonly RegExp[] = [
  /-----BEGIN [A-Z0-9 ]*PRIVATE KEY-----[\s\S]*?(?:-----END [A-Z0-9 ]*PRIVATE KEY-----|$)/g,
  /AGE-SECRET-KEY-1[0-9A-Z]+/gi,
  /\b(?:ghp|gho|ghu|ghs|ghr)_[A-Za-z0-9]{20,}\b/g,
  /\bgithub_pat_[A-Za-z0-9_]{20,}\b/g,
  // PEM, base64-encoded, as kubeconfig, talosconfig and machine config carry it ("-----BEGIN …").
  /LS0tLS1CRUdJTi[A-Za-z0-9+/=]+/g,
  // The password in a URL.
  /(?<=\b[a-z][a-z0-9+.-]*:\/\/[^\s/:@]*:)[^\s/@]+(?=@)/gi,
  /\beyJ[A-Za-z0-9_-]{10,}\.[A-Za-z0-9_-]{10,}\.[A-Za-z0-9_-]+/g,
];

/** Shorter values are not searched for: replacing them would tear ordinary words apart. */
const shortestSecret = 8;

/** Replaces known and recognisable secrets in texts. */
export class Redactor {
  readonly #values = new Set<string>();

  /** Remembers a secret, and each of its lines and words on their own (a tool may print only one of them). */
  learn(secret: string): void {
    for (const piece of [secret, ...secret.split(/[\s"']+/)]) {
      if (piece.length < shortestSecret) continue;
      // Only words that look random: a kubeconfig is full of ordinary ones, e.g. `current-context:`.
      if (piece !== secret && !/^(?=.*\d)(?=.*[A-Za-z])[A-Za-z0-9+/=_.-]{20,}$/.test(piece)) continue;
      this.#values.add(piece);
    }
  }

  /** The text with every secret replaced by `[secret]`. */
  redact(text: string): string {
    let result = text;
    for (const value of [...this.#values].sort((a, b) => b.length - a.length))
      result = result.replaceAll(value, hidden);
    for (const shape of shapes) result = result.replace(shape, hidden);
    return result;
  }
}
