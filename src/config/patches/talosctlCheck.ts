// Patches as Talos itself reads them: talosctl merges them into a config that is thrown away, before anything is touched.
// A mistake would show in the provider's preview as well, but not whose, and a refusal of a machine only in the run.
import { run, type RunResult } from "../../steps/run.ts";
import { PrivateFolder } from "../../steps/privateFolder.ts";
import { problem, problemText, type Findings } from "../problem.ts";
import type { Values } from "../readStack.ts";
import { hasSecret, revealed } from "../secretText.ts";
import { compareMinors, minorOf } from "../../versions/version.ts";
import { writePatch } from "./lines.ts";
import { patchesOf, placedPatches, type PlacedPatch } from "./places.ts";
import { complaint, complaintsIn, mistakesIn, type Mistake } from "./talosWords.ts";
import { isRecord, leavesOf, pathText, type Segment } from "../walk.ts";

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
    const found = (
      await Promise.all(chainsOf(values).map(({ role, patches }) => trial.look(role, patches)))
    ).flat();
    const unique = new Map(found.map((one) => [`${pathText(one.path)} ${one.mistake.text}`, one]));
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
  return !hasSecret(patch) || leavesOf(revealed(patch)).every(([, value]) => value !== undefined);
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

/** The patches that come together in one machine; machines without own ones are alike. */
function chainsOf(
  values: Values,
): readonly { readonly role: Role; readonly patches: readonly PlacedPatch[] }[] {
  const ofRole = (role: Role): readonly PlacedPatch[] => patchesOf({ ...values, nodes: [{ role }] }, 0);
  const ofNodes = (values.nodes ?? []).flatMap((node, index) =>
    (node?.patches ?? []).length === 0
      ? []
      : [{ role: node?.role ?? "worker", patches: patchesOf(values, index) }],
  );
  return [
    { role: "controlplane" as const, patches: ofRole("controlplane") },
    { role: "worker" as const, patches: ofRole("worker") },
    ...ofNodes,
  ]
    .map(({ role, patches }) => ({ role, patches: patches.filter(({ patch }) => isKnown(patch)) }))
    .filter(({ patches }) => patches.length > 0);
}

/** A mistake with the patch that it is in. */
interface FoundMistake {
  readonly path: readonly Segment[];
  readonly mistake: Mistake;
  readonly isSecret: boolean;
}

function judged(
  found: readonly FoundMistake[],
  wanted: string | undefined,
  has: string | undefined,
): Findings {
  const difference = compareMinors(has, wanted);
  const asked = minorOf(wanted);
  const reference = asked === undefined ? "" : `v${asked}/`;
  const problems = found.map(({ path, mistake }) =>
    problem(
      pathText(path),
      mistake.text,
      mistake.todo ?? `write it as Talos has it: https://www.talos.dev/${reference}reference/configuration`,
    ),
  );
  const seen = `with talosctl ${has ?? "of an unknown version"}, while versions.talos is ${wanted ?? "unknown"}`;
  if (difference > 0)
    return {
      problems,
      warnings: [
        `patches: were checked ${seen}: what only the newer one knows would be refused by the machines`,
      ],
    };
  if (difference === 0) return { problems, warnings: [] };
  // An older talosctl does not know everything that the machines do.
  return {
    problems: problems.filter((_, index) => found[index]?.isSecret === true),
    warnings: problems
      .filter((_, index) => found[index]?.isSecret !== true)
      .map((one) => `${one.path}: ${problemText(one)} (checked ${seen}: install that one to be sure)`),
  };
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
  async look(role: Role, patches: readonly PlacedPatch[]): Promise<readonly FoundMistake[]> {
    const whole = await this.#try(role, patches);
    if (whole === undefined) return [];
    const alone = await this.#try(role, []);
    const known = alone === undefined ? [] : complaintsIn(alone.words);
    if (!whole.isForm && complaintsIn(whole.words).every((text) => known.includes(text))) return [];
    const found: FoundMistake[] = [];
    let good: readonly PlacedPatch[] = [];
    for (const patch of patches) {
      const refused = await this.#try(role, [...good, patch]);
      const mistakes = refused === undefined ? [] : await this.#mistakes(role, patch, refused, known);
      const isSecret = hasSecret(patch.patch);
      if (mistakes.length === 0) good = [...good, patch];
      found.push(
        ...mistakes.map((mistake) => ({ path: [...patch.path, ...mistake.path], mistake, isSecret })),
      );
    }
    return found;
  }

  async #mistakes(
    role: Role,
    { path, patch }: PlacedPatch,
    refused: Refusal,
    known: readonly string[],
  ): Promise<readonly Mistake[]> {
    const isSecret = hasSecret(patch);
    if (!refused.isForm)
      return complaintsIn(refused.words)
        .filter((text) => !known.includes(text))
        .map((text) => complaint(text, isSecret));
    const mistakes = mistakesIn(refused.words, patch, writePatch(revealed(patch)), isSecret);
    return Promise.all(
      mistakes.map(async (mistake) =>
        mistake.text === "unknown key"
          ? { ...mistake, path: await this.#firstUnknown(role, path, patch, mistake.path) }
          : mistake,
      ),
    );
  }

  /** Of `machine.nope.inner` the key that Talos does not know: the shortest part of the path that it refuses. */
  async #firstUnknown(
    role: Role,
    place: readonly Segment[],
    patch: unknown,
    path: readonly Segment[],
  ): Promise<readonly Segment[]> {
    const head =
      isRecord(patch) && "kind" in patch
        ? { apiVersion: patch["apiVersion"], kind: patch["kind"], name: "x" }
        : {};
    for (let length = 1; length < path.length; length += 1) {
      const part = path
        .slice(0, length)
        .reduceRight<unknown>((inner, key) => (typeof key === "number" ? [inner] : { [key]: inner }), null);
      if (!isRecord(part)) continue;
      const refused = await this.#try(role, [{ path: place, patch: { ...head, ...part } }]);
      if (refused?.isForm === true && refused.words.includes("unknown keys")) return path.slice(0, length);
    }
    return path;
  }

  /** @returns undefined when Talos takes them */
  async #try(role: Role, patches: readonly PlacedPatch[]): Promise<Refusal | undefined> {
    this.#count += 1;
    const name = String(this.#count);
    const base = this.#folder.write(`${name}-base`, JSON.stringify(bases[role]));
    const files = patches
      .filter(({ patch }) => writePatch(patch).text !== "null\n")
      .map(({ patch }, index) =>
        this.#folder.write(`${name}-${String(index)}`, writePatch(revealed(patch)).text),
      );
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

const bases = { controlplane: baseOf("controlplane"), worker: baseOf("worker") };

/**
 * A config of nobody, with what Talos' own rules between values look at (KubeSpan, for one, wants discovery and a cluster id).
 * The keys in it are none.
 */
function baseOf(role: Role): Readonly<Record<string, unknown>> {
  const none = "bm9uZQ==";
  const pair = { crt: none, key: none };
  const ofControlPlane = {
    aggregatorCA: pair,
    serviceAccount: { key: none },
    apiServer: {},
    controllerManager: {},
    proxy: { disabled: true },
    scheduler: {},
    etcd: { ca: pair },
  };
  return {
    version: "v1alpha1",
    machine: {
      type: role,
      token: "none",
      ca: role === "controlplane" ? pair : { crt: none },
      install: { disk: "/dev/sda", image: "none", wipe: false },
      features: {
        diskQuotaSupport: true,
        kubePrism: { enabled: true, port: 7445 },
        hostDNS: { enabled: true, forwardKubeDNSToHost: true },
      },
    },
    cluster: {
      id: none,
      secret: none,
      token: "none",
      ca: role === "controlplane" ? pair : { crt: none },
      controlPlane: { endpoint: "https://192.0.2.10:6443" },
      clusterName: "none",
      network: {
        cni: { name: "none" },
        dnsDomain: "cluster.local",
        podSubnets: ["10.244.0.0/16"],
        serviceSubnets: ["10.96.0.0/12"],
      },
      discovery: { enabled: true, registries: { kubernetes: { disabled: true }, service: {} } },
      ...(role === "controlplane" ? ofControlPlane : {}),
    },
  };
}
