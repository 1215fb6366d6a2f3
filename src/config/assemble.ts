// The stack config together with the files it names: tree, age key, secrets file. Everything is looked at even when
// something else is wrong, so that one message holds it all.
import { checkIntegrity, type Tree } from "../../tree/index.ts";
import { checkSkew } from "../versions/skew.ts";
import { checkRecipients, readAgeKey, recipientsOf, type AgeKeyFile } from "./ageKey.ts";
import { checkEndpointMove } from "./checks/endpoint.ts";
import { checkMachineMoves } from "./checks/machineMoves.ts";
import { checkBornWith, checkGithubPlace, checkMoves, checkSuspend } from "./checks/moves.ts";
import { checkPodSpace } from "./checks/podSpace.ts";
import type { AgeKey, Config, GitConfig } from "./config.ts";
import type { Environment } from "./environment.ts";
import { checkRepository, resolveGit } from "./gitRemote.ts";
import type { LivingCluster } from "./livingCluster.ts";
import { checkStack, type CheckedStack } from "./parseConfig.ts";
import { checkWithTalosctl, type RunTalosctl } from "./patches/talosctlCheck.ts";
import { resolvePath } from "./paths.ts";
import { problem, sortFindings, type Finding, type Problem } from "./problem.ts";
import type { LastRun, ReachedVersions } from "./reached.ts";
import type { Values } from "./readStack.ts";
import { alreadyRead, checkSecretsFile } from "./secretsFile.ts";
import { gitRepositoryOf, readTreeInput } from "./treeInput.ts";

/** What surrounds the stack config. */
export interface Surroundings extends Environment {
  /** Absolute path of the project, where relative paths start. */
  readonly projectRoot: string;
  readonly readTree: (root: string) => Tree;
  readonly lastRun: LastRun;
  /** The cluster that the state has; undefined where nobody has looked. */
  readonly living?: LivingCluster | undefined;
  /** Looks at patches; undefined: they are not looked at as Talos would. */
  readonly talosctl?: RunTalosctl | undefined;
}

/** {@link Config} with the age key still in clear: the caller makes a secret of it. */
export type PlainConfig = Omit<Config, "ageKey"> & {
  readonly ageKey: Omit<AgeKey, "identity"> & { readonly identity: string };
};

/** The outcome of {@link assembleConfig}. */
export type Assembled = { readonly config: PlainConfig } | { readonly problems: readonly Problem[] };

/** Checks the values below `home-ops:` and all files they name, and puts the config together. */
export async function assembleConfig(
  raw: Readonly<Record<string, unknown>>,
  around: Surroundings,
): Promise<Assembled> {
  const { lastRun, living, hasGithubToken, bundleFolder, maskKey } = around;
  const stack = checkStack(raw);
  const { values } = stack;
  const tree: Look<Tree> =
    values.tree === undefined
      ? { found: [] }
      : readTreeInput(resolvePath(values.tree, around), around.readTree);
  const age = await lookAtAgeKey(values, around, tree.value);
  const git = lookAtGit(values, tree.value);
  const secrets = lookAtSecretsFile(values, around);
  const fluxVersion = tree.value?.fluxVersion;
  const isAlive = living?.bornWith !== undefined || lastRun.machines !== undefined;
  const wanted: ReachedVersions = {
    ...values.versions,
    flux: fluxVersion,
    talosContract: values.cluster?.talosContract,
  };
  const flux = checkSkew({ kubernetes: values.versions?.kubernetes, flux: fluxVersion });
  const { problems, warnings } = sortFindings([
    ...stack.problems,
    ...stack.warnings,
    ...(await lookAtPatches(stack, around)),
    ...checkBornWith(living?.bornWith, values),
    ...(hasProblem(stack, /^github\b/) ? [] : checkGithubPlace(living?.github, values.github)),
    // Who hands out networks stands in the tree; without it nothing is said.
    ...(tree.value === undefined ? [] : checkPodSpace(values, tree.value.ciliumValues, isAlive)),
    ...tree.found,
    ...flux.problems,
    ...flux.warnings,
    ...checkMoves(lastRun.versions, wanted),
    ...checkSuspend(values, lastRun.versions, wanted),
    ...checkMachineMoves(lastRun, values),
    ...checkEndpointMove(lastRun, values, wanted),
    ...age.found,
    ...(await lookAtIntegrity(age.value, tree.value, lastRun)),
    ...git.found,
    ...secrets.found,
    ...(tree.value?.warnings ?? []),
    ...(hasGithubToken ? [] : ["GITHUB_TOKEN is not set: a new deploy key cannot be registered without it"]),
  ]);
  if (stack.config === undefined || !tree.value || !git.value || !age.value || problems.length > 0)
    return { problems };
  const ageKey = {
    file: age.value.file,
    identity: age.value.identities.join("\n"),
    recipients: recipientsOf(age.value, tree.value.sopsFiles),
  };
  return {
    config: {
      ...stack.config,
      git: git.value,
      tree: tree.value,
      ageKey,
      secretsFile: secrets.value,
      lastRun,
      bundleFolder,
      maskKey,
      warnings,
    },
  };
}

/** What one look gave. A value of the stack config that is wrong has its own problem already, and is not looked at. */
interface Look<T> {
  readonly value?: T;
  readonly found: readonly Finding[];
}

/** Where Flux reads the tree: what the stack config says, else what the tree itself does. */
function lookAtGit({ git, github }: Values, tree: Tree | undefined): Look<GitConfig> {
  const inTree = tree === undefined ? {} : gitRepositoryOf(tree);
  const url = git?.url ?? inTree.url;
  if (url === undefined || git?.knownHosts === undefined) return { found: [] };
  const urlPath = git.url === undefined ? "the URL in the tree's GitRepository" : "git.url";
  const knownHosts = git.knownHosts.filter((line) => line !== undefined);
  const remote = resolveGit({ url, urlPath, branch: inTree.branch ?? "main", knownHosts });
  const mismatch = git.url === undefined ? [...checkRepository(urlPath, url, github)] : [];
  return "todo" in remote ? { found: [remote, ...mismatch] } : { value: remote, found: mismatch };
}

async function lookAtAgeKey(
  { ageKeyFile }: Values,
  around: Surroundings,
  tree: Tree | undefined,
): Promise<Look<AgeKeyFile>> {
  if (ageKeyFile === undefined) return { found: [] };
  const key = await readAgeKey(resolvePath(ageKeyFile, around));
  if ("todo" in key) return { found: [key] };
  const mismatch = checkRecipients(key, tree?.sopsFiles ?? []);
  return { value: key, found: [...(mismatch === undefined ? [] : [mismatch]), ...key.warnings] };
}

/** The first `up` decrypts cluster-secrets with sops, which refuses such a file; nothing else stops at one. */
async function lookAtIntegrity(
  key: AgeKeyFile | undefined,
  tree: Tree | undefined,
  { versions }: LastRun,
): Promise<readonly Finding[]> {
  if (key === undefined || tree === undefined) return [];
  const found = await checkIntegrity(key.identities, tree);
  return found.map(({ path, what, todo, isNeeded }) =>
    versions.cilium === undefined && isNeeded ? problem(path, what, todo) : `${path} ${what} → ${todo}`,
  );
}

/** The file is read when the keys are made; afterwards it may be gone, and is better so. */
function lookAtSecretsFile({ secretsFile }: Values, around: Surroundings): Look<string> {
  if (secretsFile === undefined) return { found: [] };
  const { living, lastRun } = around;
  if (living?.hasSecrets ?? lastRun.machines !== undefined) return { found: [alreadyRead] };
  const file = resolvePath(secretsFile, around);
  const wrong = checkSecretsFile(file);
  return { value: file, found: wrong === undefined ? [] : [wrong] };
}

/** Talos is asked only where the rules of this program have nothing against the patches: one mistake, one message. */
async function lookAtPatches(stack: CheckedStack, { talosctl }: Surroundings): Promise<readonly Finding[]> {
  if (talosctl === undefined || hasProblem(stack, /^(nodes\[\d+\]\.)?patches\b/)) return [];
  const { problems, warnings } = await checkWithTalosctl(stack.values, talosctl);
  return [...problems, ...warnings];
}

function hasProblem({ problems }: CheckedStack, place: RegExp): boolean {
  return problems.some(({ path }) => place.test(path));
}
