// Finds the real secrets of a lab wherever they must not be: the values themselves, and each in the encodings in which
// it travels.

/** A secret to look for, with a name for the failure message. */
export interface KnownSecret {
  readonly name: string;
  readonly value: string;
  /** Texts that may hold it, by their names. */
  readonly saidBy?: RegExp;
}

/** A text to look in, e.g. a log. */
export interface Haystack {
  readonly name: string;
  readonly text: string;
}

/** Every form of a secret that would give it away. */
function formsOf(value: string): readonly string[] {
  const trimmed = value.trim();
  const base64 = Buffer.from(trimmed).toString("base64").replace(/=+$/, "");
  return [trimmed, base64, JSON.stringify(trimmed).slice(1, -1)].filter((form) => form.length >= 12);
}

/** `<secret> in <text>` for every find; never the secret itself. */
export function leaks(secrets: readonly KnownSecret[], haystacks: readonly Haystack[]): readonly string[] {
  return haystacks.flatMap((haystack) =>
    secrets
      .filter(({ saidBy }) => saidBy?.test(haystack.name) !== true)
      .filter((secret) => formsOf(secret.value).some((form) => haystack.text.includes(form)))
      .map((secret) => `${secret.name} in ${haystack.name}`),
  );
}

/** Leaves of a machine secrets bundle, a kubeconfig or any other data that are keys, tokens or certificates' keys. */
export function keyMaterial(name: string, data: unknown): readonly KnownSecret[] {
  const found: KnownSecret[] = [];
  const visit = (path: string, value: unknown): void => {
    if (typeof value === "string") {
      if (/(?:key|token|secret)$/i.test(path.replace(/-data$/, "")) && value.length >= 16)
        found.push({ name: `${name}: ${path}`, value });
      return;
    }
    if (typeof value !== "object" || value === null) return;
    for (const [key, inner] of Object.entries(value)) visit(path === "" ? key : `${path}.${key}`, inner);
  };
  visit("", data);
  return found;
}
