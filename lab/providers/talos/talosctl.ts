// The real talosctl makes all PKI and all machine configs, so that they are the real ones.
import { spawn } from "node:child_process";
import { parse } from "yaml";
import { CancelledError } from "../shared/pause.ts";
import { PrivateFolder } from "./privateFolder.ts";

let folder: PrivateFolder | undefined;
const privateFolder = (): PrivateFolder => (folder ??= new PrivateFolder());

/** Removes what this process has on disk. */
export function disposeTalosctl(): void {
  folder?.remove();
  folder = undefined;
}

/** What a base config is generated from. */
export interface GenerateRequest {
  readonly clusterName: string;
  readonly clusterEndpoint: string;
  /** A `secrets.yaml`. */
  readonly secrets: string;
  /** `talosconfig` is the admin's client configuration. */
  readonly output: "controlplane" | "worker" | "talosconfig";
  readonly kubernetesVersion?: string | undefined;
  readonly talosVersion?: string | undefined;
  readonly docs?: boolean;
  readonly examples?: boolean;
  readonly patches?: readonly string[];
}

/** A new bundle of secrets as a `secrets.yaml`, for a config contract such as `v1.12`. */
export function generateSecrets(contract: string, signal: AbortSignal): Promise<string> {
  return talosctl(["gen", "secrets", "--output-file", "-", "--talos-version", contract], signal);
}

/** A machine config or a talosconfig. */
export function generateConfig(request: GenerateRequest, signal: AbortSignal): Promise<string> {
  const patches = request.patches ?? [];
  return privateFolder().with([request.secrets, ...patches], ([secrets, ...patchFiles]) =>
    talosctl(
      [
        ...[
          "gen",
          "config",
          request.clusterName,
          request.clusterEndpoint,
          "--with-secrets",
          secrets as string,
        ],
        ...["--output-types", request.output, "--output", "-"],
        `--with-docs=${request.docs ?? false}`,
        `--with-examples=${request.examples ?? false}`,
        ...(request.kubernetesVersion === undefined
          ? []
          : ["--kubernetes-version", request.kubernetesVersion]),
        ...(request.talosVersion === undefined ? [] : ["--talos-version", request.talosVersion]),
        ...patchFiles.flatMap((path) => ["--config-patch", `@${path}`]),
      ],
      signal,
    ),
  );
}

/** A machine config with patches applied, byte for byte what the real provider sends. */
export async function patchConfig(
  config: string,
  patches: readonly string[],
  signal: AbortSignal,
): Promise<string> {
  // Without patches Talos' configpatcher hands the input back as it is.
  if (patches.length === 0) return config;
  const text = await privateFolder().with([config, ...patches], ([input, ...patchFiles]) =>
    talosctl(
      ["machineconfig", "patch", input as string, ...patchFiles.flatMap((path) => ["--patch", `@${path}`])],
      signal,
    ),
  );
  // talosctl ends its output with a line break of its own.
  return text.replace(/\n$/, "");
}

let version: Promise<string> | undefined;

/** Major and minor version of talosctl as a contract, e.g. `v1.12`: the default where the caller names none. */
export function talosctlContract(signal: AbortSignal): Promise<string> {
  version ??= talosctl(["version", "--client", "--short"], signal).then((text) => {
    const found = /v\d+\.\d+/.exec(text);
    if (found === null) throw new Error("talosctl version --client names no version");
    return found[0];
  });
  return version;
}

/** Reads YAML that talosctl wrote. */
export function parseYaml<T>(text: string): T {
  return parse(text) as T;
}

/** @throws Error with talosctl's own message; it never holds the input */
function talosctl(args: readonly string[], signal: AbortSignal): Promise<string> {
  const program = process.env["TALOSCTL"] ?? "talosctl";
  return new Promise((resolve, reject) => {
    if (signal.aborted) {
      reject(new CancelledError());
      return;
    }
    const child = spawn(program, args, { stdio: ["ignore", "pipe", "pipe"], signal });
    const out: Buffer[] = [];
    const err: Buffer[] = [];
    child.stdout.on("data", (chunk: Buffer) => out.push(chunk));
    child.stderr.on("data", (chunk: Buffer) => err.push(chunk));
    child.on("error", (error: NodeJS.ErrnoException) => {
      if (error.name === "AbortError") reject(new CancelledError());
      else if (error.code === "ENOENT")
        reject(
          new Error(
            `the talos stand-in renders configs with talosctl, but ${program} was not found; put talosctl on PATH or its path into TALOSCTL`,
          ),
        );
      else reject(error);
    });
    child.on("close", (code) => {
      if (code === 0) resolve(Buffer.concat(out).toString("utf8"));
      else {
        const text = Buffer.concat(err)
          .toString("utf8")
          .replace(/^generating PKI and tokens\n/, "");
        reject(new Error(text.trim() || `talosctl ${args.slice(0, 2).join(" ")}: exit status ${code}`));
      }
    });
  });
}
