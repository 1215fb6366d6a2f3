// What the state says of the cluster that a stack has: what its machines were sent last, where its deploy key is. The outputs
// of the last finished run do not tell it.
import { parseAllDocuments } from "yaml";
import { deployKeyType, webhookType } from "./deployKeys.ts";
import type { StateResource, StateResources } from "./stackState.ts";
import { valueAt } from "./walk.ts";

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
  const ofType = (...types: readonly string[]): readonly StateResource[] =>
    Object.values(resources).filter(({ type = "" }) => types.includes(type));
  const isBootstrapped = Object.keys(resources).some((urn) => urn.endsWith("::cluster-etcd"));
  // The provider says where; it is there before what it registers is.
  const [provider] = ofType("pulumi:providers:github");
  const { owner, baseUrl } = provider?.outputs ?? {};
  const isRegistered = ofType(deployKeyType, webhookType).length > 0 && typeof owner === "string";
  return {
    hasSecrets: ofType("talos:machine/secrets:Secrets").length > 0,
    ...(isRegistered ? { github: { owner, ...(typeof baseUrl === "string" ? { baseUrl } : {}) } } : {}),
    ...(isBootstrapped
      ? { bornWith: bornWithOf(ofType("talos:machine/configurationApply:ConfigurationApply")) }
      : {}),
  };
}

/** Of what the machines were sent: patches before the base that they change. */
function bornWithOf(configs: readonly StateResource[]): BornWith {
  const documents = configs
    .flatMap(({ outputs = {} }) => [outputs["configPatches"], outputs["machineConfigurationInput"]].flat())
    .flatMap((text) => (typeof text === "string" ? parseAllDocuments(text) : []))
    .map((document) => document.toJS() as unknown);
  const find = (...path: readonly string[]): string | undefined =>
    documents.map((document) => valueAt(document, path)).find((value) => typeof value === "string");
  return {
    clusterName: find("cluster", "clusterName"),
    podCidr: find("cluster", "network", "podSubnets", "0"),
    serviceCidr: find("cluster", "network", "serviceSubnets", "0"),
  };
}
