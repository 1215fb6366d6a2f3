// Fixtures of the stack config: files with `config` (what differs from valid/base.yaml; null takes a key away), `files` to
// write beside it, `tree` (what the Git tree says), `reached`, `machines` and `endpoint` (what the
// last run reached) and `expect`, the exact messages. Keys are made anew for every run, so
// that no fixture holds one: $IDENTITY and $RECIPIENT are those of the tree, $OTHER_IDENTITY and $OTHER_RECIPIENT not;
// $ROOT is the folder of the run.
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { generateX25519Identity, identityToRecipient } from "age-encryption";
import { parse } from "yaml";
import { problemText } from "../../src/config/problem.ts";
import { assembleConfig, type Assembled } from "../../src/config/assemble.ts";
import type { ConfiguredMachine } from "../../src/config/configuredMachines.ts";
import type { ReachedMachine, ReachedVersions } from "../../src/config/reached.ts";
import type { LivingCluster } from "../../src/config/livingCluster.ts";
import type { Tree } from "../../tree/index.ts";

/** Folder of the fixtures. */
export const fixtures = join(import.meta.dirname, "fixtures");

/** A fixture as it stands in its file. */
export interface Fixture {
  readonly config?: Readonly<Record<string, unknown>>;
  readonly files?: Readonly<Record<string, string>>;
  readonly tree?: {
    readonly url?: string;
    readonly fluxVersion?: string;
    readonly missingSecrets?: Tree["missingSecrets"];
    readonly problems?: Tree["problems"];
    readonly ciliumValues?: Tree["ciliumValues"];
  };
  /** Versions that the last run reached. Default: there was none. */
  readonly reached?: ReachedVersions;
  /** Machines that it left. Default: as `reached`. */
  readonly machines?: readonly ReachedMachine[];
  /** The cluster that the state has. Default: nobody has looked. */
  readonly living?: LivingCluster;
  /** cluster.endpoint of the last run. Default: as `reached`. */
  readonly endpoint?: string;
  /** Machines that the state has a config of. Default: not known. */
  readonly configured?: readonly ConfiguredMachine[];
  readonly expect?: readonly string[];
  readonly warnings?: readonly string[];
}

/** What a run of a fixture gave, with everything that differs between runs put back to its placeholder. */
export interface Outcome {
  readonly assembled: Assembled;
  /** `path: text` of every problem. */
  readonly messages: readonly string[];
  /** Whether a private key showed anywhere in the messages. */
  readonly leaked: boolean;
}

/** Reads a fixture; `values` are its `home-ops:` keys over those of valid/base.yaml. */
export function readFixture(file: string): { fixture: Fixture; values: Record<string, unknown> } {
  const read = (path: string): Fixture => parse(readFileSync(join(fixtures, path), "utf8")) as Fixture;
  const fixture = read(file);
  const base = file.startsWith("valid/") ? {} : read("valid/base.yaml").config;
  const merged = Object.entries({ ...base, ...fixture.config }).filter(([, value]) => value !== null);
  const own = merged.filter(([key]) => key.startsWith("home-ops:"));
  return {
    fixture,
    values: Object.fromEntries(own.map(([key, value]) => [key.slice("home-ops:".length), value])),
  };
}

/** Checks a fixture with its files and its tree in a folder of its own. */
export async function runFixture(file: string): Promise<Outcome> {
  const { fixture, values } = readFixture(file);
  return runStack(values, fixture);
}

/** The same for values that come from elsewhere. */
export async function runStack(
  values: Readonly<Record<string, unknown>>,
  fixture: Fixture,
): Promise<Outcome> {
  const root = mkdtempSync(join(tmpdir(), "home-ops-config-"));
  const keys: Record<string, string> = { ...(await makeKey("")), ...(await makeKey("OTHER_")), ROOT: root };
  try {
    const files = { "home/.config/sops/age/home-ops.txt": "# created: today\n$IDENTITY\n", ...fixture.files };
    mkdirSync(join(root, "cluster"));
    for (const [path, content] of Object.entries(files)) {
      mkdirSync(dirname(join(root, path)), { recursive: true });
      writeFileSync(join(root, path), fill(content, keys), { mode: 0o600 });
    }
    const tree = fakeTree(fixture.tree ?? {}, keys["RECIPIENT"] ?? "");
    const surroundings = {
      home: join(root, "home"),
      projectRoot: root,
      hasGithubToken: true,
      readTree: () => tree,
      lastRun: {
        versions: fixture.reached ?? {},
        machines: fixture.machines,
        configured: fixture.configured,
        endpoint: fixture.endpoint,
      },
      living: fixture.living,
    };
    const assembled = await assembleConfig(values, surroundings);
    const problems = "problems" in assembled ? assembled.problems : [];
    const messages = problems.map((one) => `${one.path}: ${problemText(one)}`);
    return {
      assembled,
      messages: messages.map((message) => unfill(message, keys)),
      leaked: messages.some((message) => /AGE-SECRET-KEY-1[0-9A-Z]/.test(message)),
    };
  } finally {
    rmSync(root, { recursive: true });
  }
}

function fakeTree(tree: NonNullable<Fixture["tree"]>, recipient: string): Tree {
  const { url = "ssh://git@github.com/home/home-cluster.git", fluxVersion = "v2.9.4" } = tree;
  const unused = { apiVersion: "v1", kind: "None", metadata: { name: "none" } };
  return {
    path: "cluster",
    ociRepository: unused,
    fluxKustomization: unused,
    clusterKustomization: unused,
    clusterSecretsFile: "",
    ciliumValues: tree.ciliumValues ?? {},
    fluxVersion,
    gitRepository: { ...unused, spec: { url, ref: { branch: "main" } } },
    sopsFiles: [
      { path: "cluster/flux/vars/cluster-secrets.sops.yaml", recipients: [recipient] },
      { path: "cluster/apps/default/echo/app/secret.sops.yaml", recipients: [recipient] },
    ],
    missingSecrets: tree.missingSecrets ?? [],
    problems: tree.problems ?? [],
  };
}

async function makeKey(prefix: string): Promise<Record<string, string>> {
  const identity = await generateX25519Identity();
  return { [`${prefix}IDENTITY`]: identity, [`${prefix}RECIPIENT`]: await identityToRecipient(identity) };
}

function fill(text: string, values: Readonly<Record<string, string>>): string {
  return text.replaceAll(/\$([A-Z_]+)/g, (placeholder, name: string) => values[name] ?? placeholder);
}

function unfill(text: string, values: Readonly<Record<string, string>>): string {
  return Object.entries(values).reduce((result, [name, value]) => result.replaceAll(value, `$${name}`), text);
}
