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
import { leavesOf, pathText, type Segment } from "../walk.ts";

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
    const attempt = attemptsWith(talosctl, folder);
    const found = await Promise.all(chainsOf(values).map(async (chain) => mistakesOf(chain, attempt)));
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

/** All mistakes of patches that come together: in one go, and one after the other only where that fails. */
async function mistakesOf({ role, patches }: Chain, attempt: Attempt): Promise<readonly FoundMistake[]> {
  const whole = await attempt(
    role,
    patches.map(({ patch }) => patch),
  );
  if (whole === undefined) return [];
  // What Talos has against the config of nobody alone is no mistake of theirs.
  const known = complaintsIn((await attempt(role, []))?.words ?? "");
  const found: FoundMistake[] = [];
  const good: unknown[] = [];
  for (const { path, patch } of patches) {
    const isSecret = hasSecret(patch);
    const { isForm = false, words = "" } = (await attempt(role, [...good, patch])) ?? {};
    const mistakes = isForm
      ? mistakesIn(words, patch, writePatch(revealed(patch)), isSecret)
      : complaintsIn(words)
          .filter((text) => !known.includes(text))
          .map((text) => complaint(text, isSecret));
    if (mistakes.length === 0) good.push(patch);
    for (const mistake of mistakes) {
      const isUnknown = mistake.text === unknownKey;
      const inside = isUnknown ? await firstUnknown(role, patch, mistake.path, attempt) : mistake.path;
      found.push({ path: [...path, ...inside], mistake, isSecret });
    }
  }
  return found;
}

/** Of `machine.nope.inner` the key that Talos does not know: the shortest part of the path that it refuses. */
async function firstUnknown(
  role: Role,
  patch: unknown,
  path: readonly Segment[],
  attempt: Attempt,
): Promise<readonly Segment[]> {
  const { kind, apiVersion } = patch as Readonly<Record<string, unknown>>;
  const head = kind === undefined ? {} : { apiVersion, kind, name: "x" };
  for (let length = 1; length < path.length; length += 1) {
    const part = path
      .slice(0, length)
      .reduceRight<unknown>((inner, key) => (typeof key === "number" ? [inner] : { [key]: inner }), null);
    const refused = await attempt(role, [{ ...head, ...(part as object) }]);
    if (refused?.isForm === true && refused.words.includes("unknown keys")) return path.slice(0, length);
  }
  return path;
}

/** Why Talos does not take patches. */
interface Refusal {
  /** Whether they do not even have the form of a config. */
  readonly isForm: boolean;
  readonly words: string;
}

/** Asks whether Talos takes patches, on a config of nobody; undefined when it does. @throws NoAnswer */
type Attempt = (role: Role, patches: readonly unknown[]) => Promise<Refusal | undefined>;

/** talosctl gave no answer, e.g. within its time, so that nothing is known of the patches. */
class NoAnswer extends Error {}

function attemptsWith(talosctl: RunTalosctl, folder: PrivateFolder): Attempt {
  let count = 0;
  const answer = async (...args: readonly string[]): Promise<RunResult> => {
    const result = await talosctl(args);
    // Ended by a signal, which no refusal is.
    if (result.code < 0) throw new NoAnswer(result.stderr.trim().split("\n").at(-1));
    return result;
  };
  return async (role, patches) => {
    count += 1;
    const name = String(count);
    const base = folder.write(`${name}-base`, JSON.stringify(baseOf(role)));
    const options = patches
      .map((patch) => writePatch(revealed(patch)).text)
      .filter((text) => text !== "null\n")
      .flatMap((text, index) => ["--patch", `@${folder.write(`${name}-${index}`, text)}`]);
    // Written beforehand, so that it is private: what is merged into it may be a secret.
    const merged = folder.write(`${name}-merged`, "");
    const patched = await answer("machineconfig", "patch", base, ...options, "--output", merged);
    if (patched.code !== 0) return { isForm: true, words: patched.stderr };
    const valid = await answer("validate", "--mode", "metal", "--config", merged);
    return valid.code === 0 ? undefined : { isForm: false, words: valid.stderr };
  };
}

/**
 * A config of nobody, with what Talos' own rules between values look at (KubeSpan, for one, wants discovery and a cluster id).
 * The keys in it are none.
 */
function baseOf(role: Role): Readonly<Record<string, unknown>> {
  const none = "bm9uZQ==";
  const isControlPlane = role === "controlplane";
  const ca = isControlPlane ? { crt: none, key: none } : { crt: none };
  const onlyThere = {
    aggregatorCA: ca,
    serviceAccount: { key: none },
    proxy: { disabled: true },
    etcd: { ca },
  };
  return {
    version: "v1alpha1",
    machine: {
      type: role,
      token: "none",
      ca,
      install: { disk: "/dev/sda", image: "none" },
      features: {
        kubePrism: { enabled: true, port: 7445 },
        hostDNS: { enabled: true, forwardKubeDNSToHost: true },
      },
    },
    cluster: {
      id: none,
      secret: none,
      token: "none",
      ca,
      controlPlane: { endpoint: "https://192.0.2.10:6443" },
      discovery: { enabled: true },
      ...(isControlPlane ? onlyThere : {}),
    },
  };
}
