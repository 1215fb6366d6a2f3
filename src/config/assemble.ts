// The stack config together with the files it names: tree, age key, secrets file. Everything is looked at even when
// something else is wrong, so that one message holds it all.
import { checkIntegrity, type Tree } from "../../tree/index.ts";
import { checkRecipients, readAgeKey, recipientsOf, type AgeKeyFile } from "./ageKey.ts";
import { checkBornWith } from "./checks/bornWith.ts";
import { checkEndpointMove } from "./checks/endpointMove.ts";
import { checkGithubPlace } from "./checks/githubPlace.ts";
import { checkGoneMachines } from "./checks/goneMachines.ts";
import { checkMachineMoves } from "./checks/machineMoves.ts";
import { checkMoves } from "./checks/moves.ts";
import { checkPodSpace } from "./checks/podSpace.ts";
import { repositoryProblems } from "./checks/repository.ts";
import { checkSuspend } from "./checks/suspend.ts";
import { checkTogether } from "./checks/versions.ts";
import type { AgeKey, Config, GitConfig } from "./config.ts";
import type { Environment } from "./environment.ts";
import { resolveGit } from "./gitRemote.ts";
import type { LastRun, ReachedVersions } from "./reached.ts";
import type { LivingCluster } from "./livingCluster.ts";
import { checkStack, type CheckedStack } from "./parseConfig.ts";
import { checkWithTalosctl, type RunTalosctl } from "./patches/talosctlCheck.ts";
import { resolvePath } from "./paths.ts";
import { problem, type Findings, type Problem } from "./problem.ts";
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
  surroundings: Surroundings,
): Promise<Assembled> {
  const stack = checkStack(raw);
  const tree = lookAtTree(stack, surroundings);
  const git = lookAtGit(stack, tree.value);
  const age = await lookAtAgeKey(stack, surroundings, tree.value);
  const secrets = lookAtSecretsFile(stack, surroundings);
  const kubernetes = stack.values.versions?.kubernetes;
  const flux = checkTogether({ kubernetes, flux: tree.value?.fluxVersion });
  const { lastRun } = surroundings;
  const wanted = wantedVersions(stack, tree.value);
  const moves = checkMoves(lastRun.versions, wanted);
  const suspend = checkSuspend(stack.values, lastRun.versions, wanted);
  const machines = checkMachineMoves(lastRun, stack.values);
  const born = checkBornWith(surroundings.living?.bornWith, stack.values);
  const place = checkGithubPlace(surroundings.living?.github, stack);
  const space = lookAtPodSpace(stack, surroundings, tree.value);
  const patches = await lookAtPatches(stack, surroundings);
  const integrity = await lookAtIntegrity(age.value, tree.value, lastRun);
  const endpoint = checkEndpointMove(lastRun, stack.values, wanted);

  const all: readonly (Look<unknown> | Findings)[] = [
    stack,
    patches,
    { problems: [...born, ...place, ...space] },
    tree,
    flux,
    { problems: [...moves, ...suspend] },
    machines,
    endpoint,
    { problems: checkGoneMachines(lastRun.machines, stack.values) },
    age,
    integrity,
    git,
    secrets,
  ];
  const problems = all.flatMap((found) => found.problems);
  if (
    stack.config === undefined ||
    tree.value === undefined ||
    git.value === undefined ||
    age.value === undefined ||
    problems.length > 0
  )
    return { problems };
  const token = surroundings.hasGithubToken
    ? []
    : ["GITHUB_TOKEN is not set: a new deploy key cannot be registered without it"];
  return {
    config: {
      ...stack.config,
      git: git.value,
      tree: tree.value,
      ageKey: {
        file: age.value.file,
        identity: age.value.identities.join("\n"),
        recipients: recipientsOf(age.value, tree.value.sopsFiles),
      },
      secretsFile: secrets.value,
      lastRun,
      ...(surroundings.bundleFolder === undefined ? {} : { bundleFolder: surroundings.bundleFolder }),
      ...(surroundings.maskKey === undefined ? {} : { maskKey: surroundings.maskKey }),
      warnings: [...all.flatMap((found) => found.warnings ?? []), ...(tree.value.warnings ?? []), ...token],
    },
  };
}

/** What one look gave. */
interface Look<T> extends Partial<Findings> {
  readonly value?: T;
  readonly problems: readonly Problem[];
}

function lookAtTree({ values }: CheckedStack, surroundings: Surroundings): Look<Tree> {
  // A value that is wrong has its own problem already.
  if (values.tree === undefined) return { problems: [] };
  return readTreeInput(resolvePath(values.tree, surroundings), surroundings.readTree);
}

function lookAtGit({ values }: CheckedStack, tree: Tree | undefined): Look<GitConfig> {
  const inTree = tree === undefined ? undefined : gitRepositoryOf(tree);
  const url = values.git?.url ?? inTree?.url;
  const knownHosts = values.git?.knownHosts?.filter((line) => line !== undefined);
  if (url === undefined || knownHosts === undefined) return { problems: [] };
  const urlPath = values.git?.url === undefined ? "the URL in the tree's GitRepository" : "git.url";
  const remote = resolveGit({ url, urlPath, branch: inTree?.branch ?? "main", knownHosts });
  const mismatch = values.git?.url === undefined ? repositoryProblems(urlPath, url, values.github) : [];
  return "todo" in remote ? { problems: [remote, ...mismatch] } : { value: remote, problems: mismatch };
}

async function lookAtAgeKey(
  { values }: CheckedStack,
  surroundings: Surroundings,
  tree: Tree | undefined,
): Promise<Look<AgeKeyFile>> {
  if (values.ageKeyFile === undefined) return { problems: [] };
  const key = await readAgeKey(resolvePath(values.ageKeyFile, surroundings));
  if ("todo" in key) return { problems: [key] };
  const mismatch = checkRecipients(key, tree?.sopsFiles ?? []);
  return { value: key, problems: mismatch === undefined ? [] : [mismatch], warnings: key.warnings };
}

/** The first `up` decrypts cluster-secrets with sops, which refuses such a file; nothing else stops at one. */
async function lookAtIntegrity(
  key: AgeKeyFile | undefined,
  tree: Tree | undefined,
  { versions }: LastRun,
): Promise<Findings> {
  if (key === undefined || tree === undefined) return { problems: [], warnings: [] };
  const found = await checkIntegrity(key.identities, tree);
  const isNew = versions.cilium === undefined;
  const stops = found.filter(({ isNeeded }) => isNew && isNeeded);
  return {
    problems: stops.map(({ path, what, todo }) => problem(path, what, todo)),
    warnings: found.flatMap((one) => (stops.includes(one) ? [] : `${one.path} ${one.what} → ${one.todo}`)),
  };
}

/** The file is read when the keys are made; afterwards it may be gone, and is better so. */
function lookAtSecretsFile(
  { values }: CheckedStack,
  { living, lastRun, ...surroundings }: Surroundings,
): Look<string> {
  if (values.secretsFile === undefined) return { problems: [] };
  const isRead = living?.hasSecrets ?? lastRun.machines !== undefined;
  if (isRead) return { problems: [], warnings: [alreadyRead] };
  const file = resolvePath(values.secretsFile, surroundings);
  const found = checkSecretsFile(file);
  return { value: file, problems: found === undefined ? [] : [found] };
}

/** Who hands out networks stands in the tree; without it nothing is said. */
function lookAtPodSpace(
  { values }: CheckedStack,
  { living, lastRun }: Surroundings,
  tree: Tree | undefined,
): readonly Problem[] {
  const isAlive = living?.bornWith !== undefined || lastRun.machines !== undefined;
  return tree === undefined ? [] : checkPodSpace(values, tree.ciliumValues, isAlive);
}

/** Talos is asked only where the rules of this program have nothing against the patches: one mistake, one message. */
async function lookAtPatches(
  { values, problems }: CheckedStack,
  { talosctl }: Surroundings,
): Promise<Findings> {
  const isJudged = problems.some(({ path }) => /^(nodes\[\d+\]\.)?patches\b/.test(path));
  return talosctl === undefined || isJudged
    ? { problems: [], warnings: [] }
    : checkWithTalosctl(values, talosctl);
}

function wantedVersions({ values }: CheckedStack, tree: Tree | undefined): ReachedVersions {
  return { ...values.versions, flux: tree?.fluxVersion, talosContract: values.cluster?.talosContract };
}
