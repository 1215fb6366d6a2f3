// Property descriptions that several Talos resources and functions share.
// Source: pulumi-talos v0.8.1 provider/cmd/pulumi-resource-talos/schema.json.
import type { PropertySpec, PropertySpecs } from "../shared/spec.ts";
import type { Value } from "../shared/values.ts";
import { isList, isObject, stringOf, UNKNOWN } from "../shared/values.ts";

const text = (description: string): PropertySpec => ({ type: "string", description });
const secretText = (description: string): PropertySpec => ({ type: "string", description, secret: true });
const certificate = (description: string): PropertySpec => ({
  type: "object",
  ref: "talos:machine/generated:Certificate",
  description,
  properties: { cert: text("PEM, base64"), key: secretText("PEM, base64") },
  required: ["cert", "key"],
});

/** `clientConfiguration`: the admin's client certificate. */
export const clientConfigurationSpec: PropertySpec = {
  type: "object",
  ref: "talos:machine/generated:ClientConfiguration",
  description: "The client configuration data",
  properties: {
    caCertificate: text("The client CA certificate"),
    clientCertificate: text("The client certificate"),
    clientKey: secretText("The client private key"),
  },
  required: ["caCertificate", "clientCertificate", "clientKey"],
};

/** `machineSecrets`: all secrets of a cluster. */
export const machineSecretsSpec: PropertySpec = {
  type: "object",
  ref: "talos:machine/generated:MachineSecrets",
  description: "The secrets for the talos cluster",
  properties: {
    cluster: {
      type: "object",
      ref: "talos:machine/generated:Cluster",
      description: "The cluster's id and secret",
      properties: { id: text("The cluster id"), secret: secretText("The cluster secret") },
      required: ["id", "secret"],
    },
    secrets: {
      type: "object",
      ref: "talos:machine/generated:KubernetesSecrets",
      description: "The secrets of Kubernetes",
      properties: {
        bootstrapToken: secretText("The bootstrap token"),
        secretboxEncryptionSecret: secretText("The secretbox encryption secret"),
        aescbcEncryptionSecret: secretText("The AES-CBC encryption secret, for contracts before v1.3"),
      },
      required: ["bootstrapToken", "secretboxEncryptionSecret"],
    },
    trustdinfo: {
      type: "object",
      ref: "talos:machine/generated:TrustdInfo",
      description: "The secrets of trustd",
      properties: { token: secretText("The trustd token") },
      required: ["token"],
    },
    certs: {
      type: "object",
      ref: "talos:machine/generated:Certificates",
      description: "The certificate authorities",
      properties: {
        etcd: certificate("etcd"),
        k8s: certificate("Kubernetes"),
        k8sAggregator: certificate("the Kubernetes aggregation layer"),
        k8sServiceaccount: {
          type: "object",
          ref: "talos:machine/generated:Key",
          description: "The key that signs service account tokens",
          properties: { key: secretText("PEM, base64") },
          required: ["key"],
        },
        os: certificate("Talos"),
      },
      required: ["etcd", "k8s", "k8sAggregator", "k8sServiceaccount", "os"],
    },
  },
  required: ["certs", "cluster", "secrets", "trustdinfo"],
};

/** `timeouts` with the given operations, as Go durations. */
export function timeoutsSpec(ref: string, operations: readonly string[]): PropertySpec {
  const properties: PropertySpecs = Object.fromEntries(
    operations.map((name) => [name, text('A Go duration, e.g. "30s" or "2h45m"')]),
  );
  return { type: "object", ref, description: "Time limits; 10 minutes each by default", properties };
}

/** `node` and `endpoint`. */
export const nodeSpecs: PropertySpecs = {
  node: text("The machine's address, without a port"),
  endpoint: text("Where to connect to: host, host:port or URL. Default: the node"),
};

/** `configPatches`. */
export const configPatchesSpec: PropertySpec = {
  type: "array",
  items: text("A patch: JSON patch or a partial config, JSON or YAML"),
  description: "The list of config patches to apply",
};

/** The default of `endpoint`. Unknown while the node is. */
export function endpointOf(inputs: Readonly<Record<string, Value>>): Value {
  return inputs["endpoint"] ?? inputs["node"] ?? UNKNOWN;
}

/** The texts of a list; absent ones are left out, as the provider does. */
export function textsOf(value: Value | undefined): readonly string[] {
  return isList(value) ? value.filter((item) => typeof item === "string") : [];
}

/** One time limit, e.g. `timeouts.create`. */
export function timeoutText(timeouts: Value | undefined, operation: string): string | undefined {
  return isObject(timeouts) ? stringOf(timeouts[operation]) : undefined;
}
