// crane's registry keeps blobs on disk but manifests in memory only, and a stopped lab must start again with its data.
// So the lab writes every manifest that was accepted into a file, and puts them all back after a start.
import { mkdir, readFile, readdir, rename, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";

/** A manifest under one of its names. */
export interface StoredManifest {
  /** e.g. `ghcr.io/fluxcd/flux-manifests` */
  readonly repository: string;
  /** Tag or digest. */
  readonly reference: string;
  readonly contentType: string;
  readonly base64: string;
}

/** The files of one registry. */
export interface ManifestJournal {
  write(manifest: StoredManifest): Promise<void>;
  remove(repository: string, reference: string): Promise<void>;
  /** All manifests; those that name others (indexes) come last, because a registry wants the named ones first. */
  readAll(): Promise<readonly StoredManifest[]>;
}

/** Opens the journal in a folder, which is made with the first manifest. */
export function openManifestJournal(folder: string): ManifestJournal {
  const fileOf = (repository: string, reference: string): string =>
    join(folder, `${encodeURIComponent(`${repository}@${reference}`)}.json`);
  return {
    write: async (manifest) => {
      await mkdir(folder, { recursive: true });
      const file = fileOf(manifest.repository, manifest.reference);
      await writeFile(`${file}.new`, JSON.stringify(manifest));
      await rename(`${file}.new`, file);
    },
    remove: (repository, reference) => rm(fileOf(repository, reference), { force: true }),
    readAll: async () => {
      const files = await readdir(folder).catch(() => []);
      const manifests = await Promise.all(
        files
          .filter((file) => file.endsWith(".json"))
          .map(async (file) => JSON.parse(await readFile(join(folder, file), "utf8")) as StoredManifest),
      );
      const isIndex = ({ contentType }: StoredManifest): number =>
        /index|manifest\.list/.test(contentType) ? 1 : 0;
      return manifests.sort((a, b) => isIndex(a) - isIndex(b));
    },
  };
}
