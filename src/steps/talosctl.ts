// talosctl, as the steps use it: one machine per call, certificates in a private file, every call with a time limit.
import { PrivateFolder } from "./privateFolder.ts";
import { run, type RunResult } from "./run.ts";
import { StepError } from "./stepError.ts";
import type { Step } from "./step.ts";

/** Who runs it: a step, or anybody else with a place for secret files. */
export type TalosctlOwner = Pick<Step, "secretFile" | "signal">;

/** The talosctl on PATH, with the credentials of this cluster. */
export class Talosctl {
  readonly #step: TalosctlOwner;
  readonly #config: string;

  /** @param talosconfig text of a talosconfig with this cluster's admin certificate */
  constructor(step: TalosctlOwner, talosconfig: string) {
    this.#step = step;
    this.#config = step.secretFile("talosconfig", talosconfig);
  }

  /** Runs `talosctl --nodes <address> --endpoints <address> args…`. Never throws for an exit code. */
  async run(
    address: string,
    args: readonly string[],
    timeoutSeconds = 10,
    onLine?: (line: string) => void,
  ): Promise<RunResult> {
    const words = [...at(address), "--talosconfig", this.#config, ...args];
    return this.#run(words, timeoutSeconds, onLine);
  }

  /** Version of the talosctl itself, e.g. `v1.13.9`. */
  async clientVersion(): Promise<string> {
    const { stdout } = await this.#run(["version", "--client"], 10);
    return /Tag:\s+(v\S+)/.exec(stdout)?.[1] ?? "of an unknown version";
  }

  /** A question by `talosctl` without a client certificate, which only a machine in maintenance mode answers. */
  async runInsecure(address: string, args: readonly string[], timeoutSeconds = 10): Promise<RunResult> {
    const ask = async (): Promise<RunResult> =>
      this.#run([...at(address), ...args, "--insecure"], timeoutSeconds);
    const result = await ask();
    // Who refuses the caller closes the connection at once: the client may find it broken before it has read why.
    return /broken pipe|connection reset by peer/.test(result.stderr) ? ask() : result;
  }

  async #run(
    args: readonly string[],
    timeoutSeconds: number,
    onLine?: (line: string) => void,
  ): Promise<RunResult> {
    const result = await run("talosctl", args, { timeoutSeconds, signal: this.#step.signal, onLine });
    if (result.code !== -2) return result;
    throw new StepError(
      result.stderr,
      "install talosctl (the version of the cluster's Talos) and run pulumi up again",
    );
  }
}

function at(address: string): readonly string[] {
  return ["--nodes", address, "--endpoints", address];
}

/**
 * The part of a failed talosctl call that tells people something: the last line of its standard error, without the framing of
 * gRPC. Standard output is what was asked for, a machine's config among it, and is never repeated, whole or begun. talosctl
 * writes why it failed to standard error alone. Source: siderolabs/talos v1.13.9 cmd/talosctl/cmd/root.go.
 */
export function reasonOf({ code, stderr }: Pick<RunResult, "code" | "stderr">): string {
  return unframed(stderr.trim().split("\n").at(-1) || `exit code ${code}`);
}

/**
 * A message of talosctl without the framing of gRPC, e.g. `Unavailable: connection refused`. Some carry it without the words
 * `rpc error:` (talosctl 1.13: `code = FailedPrecondition desc = …`).
 */
export function unframed(message: string): string {
  return message.replace(/^.*\bcode = (\w+) desc = /, "$1: ").trim();
}

/** A talosctl outside of any step, with a talosconfig, which is a secret, for as long as `use` takes. */
export async function withTalosctl<T>(
  talosconfig: string,
  use: (talosctl: Talosctl) => Promise<T>,
): Promise<T> {
  const folder = new PrivateFolder();
  const { signal } = new AbortController();
  try {
    return await use(
      new Talosctl({ signal, secretFile: (name, text) => folder.write(name, text) }, talosconfig),
    );
  } finally {
    folder.remove();
  }
}
