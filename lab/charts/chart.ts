// Makes a small chart under the name and version of a public one. Its templates lie in this folder: `<chart>/` where
// the chart's objects matter to the lab, `generic/` for all others. A `<chart>/` without values.yaml adds to `generic/`.
import { createHash } from "node:crypto";
import { existsSync, readFileSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import tar from "tar-stream";
import { stringify } from "yaml";

/** A packed chart. */
export interface Chart {
  readonly name: string;
  readonly version: string;
  /** The .tgz. The same for the same name, version and templates. */
  readonly bytes: Buffer;
  /** SHA-256 of it, hex, as an index.yaml has it. */
  readonly digest: string;
  /** Chart.yaml's content. */
  readonly metadata: Readonly<Record<string, unknown>>;
}

/** Packs a chart. */
export async function buildChart(name: string, version: string): Promise<Chart> {
  const folders = existsSync(join(import.meta.dirname, name, "values.yaml")) ? [name] : ["generic", name];
  const metadata = {
    apiVersion: "v2",
    name,
    version,
    appVersion: appVersion(name, version),
    description: `The lab's stand-in for the chart ${name}`,
    type: "application",
  };
  const files = [
    { path: "Chart.yaml", text: stringify(metadata) },
    ...folders.flatMap((folder) => filesOf(join(import.meta.dirname, folder))),
  ];
  const bytes = await pack(name, files);
  return { name, version, bytes, digest: createHash("sha256").update(bytes).digest("hex"), metadata };
}

/** The version that is served for a range: the lowest one that fits. */
export function pinnedVersion(version: string): string {
  const [exact] = /v?\d+\.\d+\.\d+[-+.\w]*/.exec(version) ?? [];
  if (exact !== undefined) return exact;
  const [, major = "1", minor = "0"] = /(\d+)(?:\.(\d+))?/.exec(version) ?? [];
  return `${major}.${minor}.0`;
}

function filesOf(root: string): readonly { readonly path: string; readonly text: string }[] {
  if (!existsSync(root)) return [];
  return readdirSync(root, { recursive: true, encoding: "utf8", withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .sort()
    .map((file) => ({ path: file.slice(root.length + 1), text: readFileSync(file, "utf8") }));
}

/** Charts of cert-manager write their application's version with `v`, those of Cilium without. */
function appVersion(name: string, version: string): string {
  return name === "cert-manager" ? `v${version.replace(/^v/, "")}` : version.replace(/^v/, "");
}

/** A tar.gz whose bytes depend on nothing but its content: no times, no owners. */
async function pack(folder: string, files: readonly { path: string; text: string }[]): Promise<Buffer> {
  const archive = tar.pack();
  for (const { path, text } of files)
    archive.entry({ name: `${folder}/${path}`, mode: 0o644, mtime: new Date(0) }, text);
  archive.finalize();
  const chunks: Buffer[] = [];
  for await (const chunk of archive as AsyncIterable<Buffer>) chunks.push(chunk);
  return gzipSync(Buffer.concat(chunks), { level: 9 });
}
