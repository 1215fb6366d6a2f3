// What of a machine survives its being switched off: the disk. A small record and the machine config beside it.
import { randomBytes, randomUUID } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { z } from "zod";

const installation = z.object({
  /** Installer image it came from. */
  image: z.string(),
  /** e.g. `v1.12.0`. */
  version: z.string(),
  /** Image Factory's schematic, 64 hex characters, or empty. */
  schematic: z.string(),
  /** System disk, e.g. `/dev/vda`. */
  disk: z.string(),
});

const recordSchema = z.object({
  /** Switched on. A machine that shut itself down stays off when the lab starts again. */
  powered: z.boolean(),
  nodeId: z.string(),
  machineId: z.string(),
  installed: installation.optional(),
  /** The installation before the last upgrade: what Talos falls back to. */
  previous: installation.optional(),
  /** Installed beside `installed`, and taken by the next boot. */
  staged: installation.optional(),
  /** Images in the machine's containerd; imageStore.ts says how they are written. */
  pulled: z.array(z.string()).default([]),
  faults: z.array(z.string()),
});

/** An installation of Talos on a machine's disk. */
export type Installation = z.infer<typeof installation>;

/** A machine's record. */
export type MachineRecord = z.infer<typeof recordSchema>;

/** The folder `<machinesRoot>/<name>` of one machine. */
export class MachineDisk {
  readonly #file: string;
  readonly #configFile: string;

  constructor(folder: string) {
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    this.#file = join(folder, "machine.json");
    this.#configFile = join(folder, "config.yaml");
  }

  /** The record, or a new machine's. @throws Error naming the file when it cannot be read */
  load(): MachineRecord {
    if (!existsSync(this.#file))
      return { powered: true, nodeId: newNodeId(), machineId: randomUUID(), pulled: [], faults: [] };
    const parsed = recordSchema.safeParse(JSON.parse(readFileSync(this.#file, "utf8")));
    if (!parsed.success)
      throw new Error(`${this.#file} is not a machine record: ${z.prettifyError(parsed.error)}`);
    return parsed.data;
  }

  save(record: MachineRecord): void {
    replace(this.#file, `${JSON.stringify(record, undefined, 2)}\n`);
  }

  /** The persisted machine config; undefined for a machine without one. */
  loadConfig(): Buffer | undefined {
    return existsSync(this.#configFile) ? readFileSync(this.#configFile) : undefined;
  }

  saveConfig(raw: Buffer): void {
    replace(this.#configFile, raw);
  }

  wipeConfig(): void {
    rmSync(this.#configFile, { force: true });
  }
}

/**
 * Reads version and schematic from an installer image.
 * @example installationOf("factory.talos.dev/metal-installer/3765…:v1.12.0", "/dev/vda")
 */
export function installationOf(image: string, disk: string): Installation | undefined {
  const found = /^[^:@\s]+(?::\d+)?\/[^:@\s]+:(v\d+\.\d+\.\d+[\w.-]*)(?:@sha256:[0-9a-f]{64})?$/.exec(image);
  if (!found?.[1]) return undefined;
  return { image, version: found[1], schematic: /\/([0-9a-f]{64}):/.exec(image)?.[1] ?? "", disk };
}

// A config holds the cluster's keys: readable by its owner only, and never half written.
function replace(file: string, content: string | Buffer): void {
  const next = `${file}.next`;
  writeFileSync(next, content, { mode: 0o600 });
  renameSync(next, file);
}

// Talos' node identity: 32 random bytes in base62.
function newNodeId(): string {
  const digits = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
  let number = BigInt(`0x${randomBytes(32).toString("hex")}`);
  let id = "";
  for (; number > 0n; number /= 62n) id = `${digits[Number(number % 62n)] ?? "0"}${id}`;
  return id;
}
