// The bundle of a cluster's secrets in its two forms: talosctl's secrets.yaml and the provider's `machineSecrets`.
import { stringify } from "yaml";
import type { Properties, Value } from "../shared/values.ts";
import { isObject } from "../shared/values.ts";
import { generateConfig, parseYaml } from "./talosctl.ts";

interface Pair {
  readonly crt?: string;
  readonly key?: string;
}

interface SecretsFile {
  readonly cluster?: { readonly id?: string; readonly secret?: string };
  readonly secrets?: {
    readonly bootstraptoken?: string;
    readonly secretboxencryptionsecret?: string;
    readonly aescbcencryptionsecret?: string;
  };
  readonly trustdinfo?: { readonly token?: string };
  readonly certs?: {
    readonly etcd?: Pair;
    readonly k8s?: Pair;
    readonly k8saggregator?: Pair;
    readonly k8sserviceaccount?: { readonly key?: string };
    readonly os?: Pair;
  };
}

const pair = (from: Pair | undefined): Value => ({ cert: from?.crt ?? "", key: from?.key ?? "" });

/**
 * `machineSecrets` of a secrets.yaml.
 * @throws Error when a part of it is missing
 */
export function machineSecretsOf(secretsYaml: string): Properties {
  const file = parseYaml<SecretsFile | null>(secretsYaml);
  const { cluster, secrets, trustdinfo, certs } = file ?? {};
  if (!cluster?.id || !secrets?.bootstraptoken || !trustdinfo?.token || !certs?.os?.crt)
    throw new Error(
      "it is no secrets bundle: cluster, secrets, trustdinfo and certs are needed, as `talosctl gen secrets` writes them",
    );
  return {
    cluster: { id: cluster.id, secret: cluster.secret ?? "" },
    secrets: {
      bootstrapToken: secrets.bootstraptoken,
      secretboxEncryptionSecret: secrets.secretboxencryptionsecret ?? "",
      ...(secrets.aescbcencryptionsecret ? { aescbcEncryptionSecret: secrets.aescbcencryptionsecret } : {}),
    },
    trustdinfo: { token: trustdinfo.token },
    certs: {
      etcd: pair(certs.etcd),
      k8s: pair(certs.k8s),
      k8sAggregator: pair(certs.k8saggregator),
      k8sServiceaccount: { key: certs.k8sserviceaccount?.key ?? "" },
      os: pair(certs.os),
    },
  };
}

/** The reverse: a secrets.yaml of `machineSecrets`. */
export function secretsYamlOf(machineSecrets: Value | undefined): string {
  const at = (...path: string[]): string | undefined => {
    let value: Value | undefined = machineSecrets;
    for (const key of path) value = isObject(value) ? value[key] : undefined;
    return typeof value === "string" ? value : undefined;
  };
  const certificate = (name: string): Pair => ({
    crt: at("certs", name, "cert") ?? "",
    key: at("certs", name, "key") ?? "",
  });
  const aescbc = at("secrets", "aescbcEncryptionSecret");
  const file: SecretsFile = {
    cluster: { id: at("cluster", "id") ?? "", secret: at("cluster", "secret") ?? "" },
    secrets: {
      bootstraptoken: at("secrets", "bootstrapToken") ?? "",
      secretboxencryptionsecret: at("secrets", "secretboxEncryptionSecret") ?? "",
      ...(aescbc ? { aescbcencryptionsecret: aescbc } : {}),
    },
    trustdinfo: { token: at("trustdinfo", "token") ?? "" },
    certs: {
      etcd: certificate("etcd"),
      k8s: certificate("k8s"),
      k8saggregator: certificate("k8sAggregator"),
      k8sserviceaccount: { key: at("certs", "k8sServiceaccount", "key") ?? "" },
      os: certificate("os"),
    },
  };
  return stringify(file);
}

interface Talosconfig {
  readonly context: string;
  readonly contexts: Readonly<
    Record<string, { readonly ca: string; readonly crt: string; readonly key: string }>
  >;
}

/** A new admin client certificate (O=os:admin, one year) from the bundle's CA. */
export async function clientConfigurationOf(secretsYaml: string, signal: AbortSignal): Promise<Properties> {
  const text = await generateConfig(
    // Name and endpoint do not enter the certificate.
    {
      clusterName: "dynamic",
      clusterEndpoint: "https://127.0.0.1:6443",
      secrets: secretsYaml,
      output: "talosconfig",
    },
    signal,
  );
  const config = parseYaml<Talosconfig>(text);
  const context = config.contexts[config.context];
  if (context === undefined) throw new Error("talosctl wrote a talosconfig without a context");
  return { caCertificate: context.ca, clientCertificate: context.crt, clientKey: context.key };
}
