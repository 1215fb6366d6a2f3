// Version numbers of resources: a number grows whenever a resource's content is another one than last time.
/** Version and times of one resource. */
export interface ResourceVersion {
  readonly version: string;
  readonly created: Date;
  readonly updated: Date;
}

/** The versions of one boot. */
export class ResourceVersions {
  readonly #known = new Map<string, { number: number; fingerprint: string; created: Date; updated: Date }>();

  /** @param key type and id of the resource */
  of(key: string, fingerprint: string): ResourceVersion {
    const entry = this.#known.get(key) ?? {
      number: 0,
      fingerprint: "",
      created: new Date(),
      updated: new Date(),
    };
    if (entry.fingerprint !== fingerprint) {
      entry.number++;
      entry.fingerprint = fingerprint;
      entry.updated = new Date();
      this.#known.set(key, entry);
    }
    return { version: String(entry.number), created: entry.created, updated: entry.updated };
  }
}
