// What the state says of the cluster that a stack has: what its machines were sent last, where its deploy key is. The outputs
// of the last finished run do not tell it.
import { parseAllDocuments } from "yaml";
import { deployKeyType, webhookType } from "./deployKeys.ts";
import { valueAt } from "./walk.ts";
import type { StateResource, StateResources } from "./stackState.ts";

/** What stays as it is for a cluster's whole life. Parts that could not be read are undefined. */
export interface BornWith {
  readonly clusterName?: string | undefined;
  readonly podCidr?: string | undefined;
  readonly serviceCidr?: string | undefined;
}

/** A GitHub, and whose repositories there are meant. */
export interface GithubPlace {
  /** e.g. `home` */
  readonly owner: string;
  /** As `github.baseUrl`; github.com where it is not set. */
  readonly baseUrl?: string | undefined;
}

/** A cluster as the state has it. */
export interface LivingCluster {
  /** Whether its keys are there; then secretsFile has been read, or none is wanted. */
  readonly hasSecrets: boolean;
  /** Undefined before etcd was bootstrapped: until then all of it can still change. */
  readonly bornWith?: BornWith | undefined;
  /** Where its deploy key and its webhook are registered; undefined while there are none. */
  readonly github?: GithubPlace | undefined;
}

/** Reads it from the state. No cluster is asked. */
export function livingClusterOf(resources: StateResources): LivingCluster {
  const ofType = (type: string): readonly StateResource[] =>
    Object.values(resources).filter((resource) => resource.type === type);
  const hasSecrets = ofType("talos:machine/secrets:Secrets").length > 0;
  const github = githubOf(ofType);
  const found = { hasSecrets, ...(github === undefined ? {} : { github }) };
  const isBootstrapped = Object.keys(resources).some((urn) => urn.endsWith("::cluster-etcd"));
  if (!isBootstrapped) return found;
  const configs = ofType("talos:machine/configurationApply:ConfigurationApply").map(({ outputs }) =>
    bornWithOf(outputs),
  );
  return {
    ...found,
    bornWith: {
      clusterName: firstOf(configs.map(({ clusterName }) => clusterName)),
      podCidr: firstOf(configs.map(({ podCidr }) => podCidr)),
      serviceCidr: firstOf(configs.map(({ serviceCidr }) => serviceCidr)),
    },
  };
}

/** The provider says where; it is there before what it registers is. */
function githubOf(ofType: (type: string) => readonly StateResource[]): GithubPlace | undefined {
  const registered = [...ofType(deployKeyType), ...ofType(webhookType)];
  const [provider] = ofType("pulumi:providers:github");
  const owner = valueAt(provider?.outputs, ["owner"]);
  const baseUrl = valueAt(provider?.outputs, ["baseUrl"]);
  if (registered.length === 0 || typeof owner !== "string") return undefined;
  return { owner, ...(typeof baseUrl === "string" ? { baseUrl } : {}) };
}

function bornWithOf(outputs: unknown): BornWith {
  const texts = valueAt(outputs, ["configPatches"]);
  const documents = [
    ...(Array.isArray(texts) ? texts : []).flatMap((text) => documentsOf(text)),
    ...documentsOf(valueAt(outputs, ["machineConfigurationInput"])),
  ];
  const find = (...path: string[]): string | undefined =>
    firstOf(
      documents.map((document) => valueAt(document, path)).filter((value) => typeof value === "string"),
    );
  return {
    clusterName: find("cluster", "clusterName"),
    podCidr: find("cluster", "network", "podSubnets", "0"),
    serviceCidr: find("cluster", "network", "serviceSubnets", "0"),
  };
}

function documentsOf(text: unknown): readonly unknown[] {
  return typeof text === "string"
    ? parseAllDocuments(text).map((document) => document.toJS() as unknown)
    : [];
}

function firstOf<T>(values: readonly (T | undefined)[]): T | undefined {
  return values.find((value) => value !== undefined);
}
