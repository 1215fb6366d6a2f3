// Patches as Talos itself reads them: talosctl merges them into a config that is thrown away, before anything is touched.
// A mistake would show in the provider's preview as well, but not whose, and a refusal of a machine only in the run.
import { run, type RunResult } from "../../steps/run.ts";
import { PrivateFolder } from "../../steps/privateFolder.ts";
import { problem, problemText, sortFindings, type Findings } from "../problem.ts";
import type { Values } from "../readStack.ts";
import { hasSecret, revealed } from "../secretText.ts";
import { compareMinors, minorOf } from "../../versions/version.ts";
import { writePatch } from "./lines.ts";
import { patchesOf, placedPatches, type PlacedPatch } from "./places.ts";
import { complaint, complaintsIn, mistakesIn, unknownKey, type Mistake } from "./talosWords.ts";
import { leavesOf, pathText, valueAt, type Segment } from "../walk.ts";

type Role = "controlplane" | "worker";

/** Runs `talosctl args…`; code -2 where there is none. */
export type RunTalosctl = (args: readonly string[]) => Promise<RunResult>;

/** The talosctl on PATH. Nothing that it does here asks a machine. */
export const talosctlOnPath: RunTalosctl = async (args) =>
  run("talosctl", args, { timeoutSeconds: 20, signal: new AbortController().signal });

/** Has talosctl look at all patches of a stack config. Nothing is run where there are none. */
export async function checkWithTalosctl(values: Values, talosctl: RunTalosctl): Promise<Findings> {
  const placed = placedPatches(values).filter(({ patch }) => isKnown(patch));
  if (placed.length === 0) return { problems: [], warnings: [] };
  const version = await talosctl(["version", "--client"]);
  if (version.code === -2) return unchecked(placed, version.stderr);
  const folder = new PrivateFolder();
  try {
    const trial = new Trial(talosctl, folder);
    const found = await Promise.all(chainsOf(values).map(async (chain) => trial.look(chain)));
    const unique = new Map(found.flat().map((one) => [`${pathText(one.path)} ${one.mistake.text}`, one]));
    return judged([...unique.values()], values.versions?.talos, /Tag:\s+(v\S+)/.exec(version.stdout)?.[1]);
  } catch (error) {
    if (error instanceof NoAnswer) return unchecked(placed, error.message);
    throw error;
  } finally {
    folder.remove();
  }
}

/** Encrypted values that nobody has decrypted cannot be looked at. */
function isKnown(patch: unknown): boolean {
  return leavesOf(revealed(patch)).every(([, value]) => value !== undefined);
}

/** Without talosctl the provider's words about a patch are all there is, and they would show a secret. */
function unchecked(placed: readonly PlacedPatch[], reason: string): Findings {
  return {
    problems: placed
      .filter(({ patch }) => hasSecret(patch))
      .map(({ path }) =>
        problem(
          pathText(path),
          `holds a secret and cannot be checked: ${reason}; the provider's words about a mistake in it could show it`,
          "install talosctl, of the version in versions.talos",
        ),
      ),
    warnings: [
      `patches: are not checked: ${reason}. A mistake in them would show late, and not where it is: install talosctl, of the version in versions.talos`,
    ],
  };
}

/** Patches that come together in one machine. */
interface Chain {
  readonly role: Role;
  readonly patches: readonly PlacedPatch[];
}

/** Of both roles, and of the machines that have patches of their own: the others are alike. */
function chainsOf({ nodes = [], ...values }: Values): readonly Chain[] {
  const withBoth = {
    ...values,
    nodes: [...nodes, { role: "controlplane" as const }, { role: "worker" as const }],
  };
  return withBoth.nodes.flatMap((node, index) => {
    const isAlike = index < nodes.length && (node?.patches ?? []).length === 0;
    const patches = isAlike ? [] : patchesOf(withBoth, index).filter(({ patch }) => isKnown(patch));
    return patches.length === 0 ? [] : [{ role: node?.role ?? "worker", patches }];
  });
}

/** A mistake with the patch that it is in. */
interface FoundMistake {
  readonly path: readonly Segment[];
  readonly mistake: Mistake;
  readonly isSecret: boolean;
}

/** @param has the version of talosctl */
function judged(
  found: readonly FoundMistake[],
  wanted: string | undefined,
  has: string | undefined,
): Findings {
  const minor = minorOf(wanted);
  const reference = `https://www.talos.dev/${minor === undefined ? "" : `v${minor}/`}reference/configuration`;
  const seen = `with talosctl ${has ?? "of an unknown version"}, while versions.talos is ${wanted ?? "unknown"}`;
  const difference = compareMinors(has, wanted);
  const findings = found.map(({ path, mistake, isSecret }) => {
    const { text, todo = `write it as Talos has it: ${reference}` } = mistake;
    const one = problem(pathText(path), text, todo);
    // An older talosctl does not know everything that the machines do.
    return difference >= 0 || isSecret
      ? one
      : `${one.path}: ${problemText(one)} (checked ${seen}: install that one to be sure)`;
  });
  const newer = `patches: were checked ${seen}: what only the newer one knows would be refused by the machines`;
  return sortFindings([...findings, ...(difference > 0 ? [newer] : [])]);
}

/** Tries patches on a config of nobody. */
class Trial {
  readonly #talosctl: RunTalosctl;
  readonly #folder: PrivateFolder;
  #count = 0;

  constructor(talosctl: RunTalosctl, folder: PrivateFolder) {
    this.#talosctl = talosctl;
    this.#folder = folder;
  }

  /** All mistakes of patches that come together: in one go, and one after the other only where that fails. */
  async look({ role, patches }: Chain): Promise<readonly FoundMistake[]> {
    if ((await this.#try(role, patches)) === undefined) return [];
    // What Talos has against the config of nobody alone is no mistake of theirs.
    const known = complaintsIn((await this.#try(role, []))?.words ?? "");
    const found: FoundMistake[] = [];
    const good: PlacedPatch[] = [];
    for (const placed of patches) {
      const { path, patch } = placed;
      const isSecret = hasSecret(patch);
      const refused = await this.#try(role, [...good, placed]);
      const mistakes =
        refused === undefined
          ? []
          : refused.isForm
            ? mistakesIn(refused.words, patch, writePatch(revealed(patch)), isSecret)
            : complaintsIn(refused.words)
                .filter((text) => !known.includes(text))
                .map((text) => complaint(text, isSecret));
      if (mistakes.length === 0) good.push(placed);
      for (const mistake of mistakes) {
        const inside =
          mistake.text === unknownKey ? await this.#firstUnknown(role, patch, mistake.path) : mistake.path;
        found.push({ path: [...path, ...inside], mistake, isSecret });
      }
    }
    return found;
  }

  /** Of `machine.nope.inner` the key that Talos does not know: the shortest part of the path that it refuses. */
  async #firstUnknown(role: Role, patch: unknown, path: readonly Segment[]): Promise<readonly Segment[]> {
    const kind = valueAt(patch, ["kind"]);
    const head = kind === undefined ? {} : { apiVersion: valueAt(patch, ["apiVersion"]), kind, name: "x" };
    for (let length = 1; length < path.length; length += 1) {
      const part = path
        .slice(0, length)
        .reduceRight<unknown>((inner, key) => (typeof key === "number" ? [inner] : { [key]: inner }), null);
      const refused = await this.#try(role, [{ path, patch: { ...head, ...(part as object) } }]);
      if (refused?.isForm === true && refused.words.includes("unknown keys")) return path.slice(0, length);
    }
    return path;
  }

  /** @returns undefined when Talos takes them */
  async #try(role: Role, patches: readonly PlacedPatch[]): Promise<Refusal | undefined> {
    this.#count += 1;
    const name = String(this.#count);
    const base = this.#folder.write(`${name}-base`, JSON.stringify(baseOf(role)));
    const files = patches
      .map(({ patch }) => writePatch(revealed(patch)).text)
      .filter((text) => text !== "null\n")
      .map((text, index) => this.#folder.write(`${name}-${index}`, text));
    // Written beforehand, so that it is private: what is merged into it may be a secret.
    const merged = this.#folder.write(`${name}-merged`, "");
    const options = files.flatMap((file) => ["--patch", `@${file}`]);
    const patched = await this.#answer(["machineconfig", "patch", base, ...options, "--output", merged]);
    if (patched.code !== 0) return { isForm: true, words: patched.stderr };
    const valid = await this.#answer(["validate", "--mode", "metal", "--config", merged]);
    return valid.code === 0 ? undefined : { isForm: false, words: valid.stderr };
  }

  /** @throws NoAnswer when talosctl was ended by a signal, which no refusal is */
  async #answer(args: readonly string[]): Promise<RunResult> {
    const result = await this.#talosctl(args);
    if (result.code < 0) throw new NoAnswer(result.stderr.trim().split("\n").at(-1));
    return result;
  }
}

/** talosctl gave no answer, e.g. within its time, so that nothing is known of the patches. */
class NoAnswer extends Error {}

/** Why Talos does not take patches. */
interface Refusal {
  /** Whether they do not even have the form of a config. */
  readonly isForm: boolean;
  readonly words: string;
}

/**
 * A config of nobody, with what Talos' own rules between values look at (KubeSpan, for one, wants discovery and a cluster id).
 * The keys in it are none.
 */
function baseOf(role: Role): Readonly<Record<string, unknown>> {
  const none = "bm9uZQ==";
  const ca = role === "controlplane" ? { crt: none, key: none } : { crt: none };
  return {
    version: "v1alpha1",
    machine: {
      type: role,
      token: "none",
      ca,
      install: { disk: "/dev/sda", image: "none" },
      features: { hostDNS: { enabled: true, forwardKubeDNSToHost: true } },
    },
    cluster: {
      id: none,
      secret: none,
      token: "none",
      ca,
      controlPlane: { endpoint: "https://192.0.2.10:6443" },
      discovery: { enabled: true },
    },
  };
}
