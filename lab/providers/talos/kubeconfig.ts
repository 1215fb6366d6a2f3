// The resource `talos:cluster/kubeconfig:Kubeconfig`: fetched once, and again only when its certificate is about to
// end. Source: terraform-provider-talos v0.11.0 pkg/talos/talos_cluster_kubeconfig_resource.go.
import { X509Certificate } from "node:crypto";
import { parse } from "yaml";
import { parseDuration } from "../shared/duration.ts";
import type { Operation, ResourceDefinition } from "../shared/provider.ts";
import type { CheckProblem } from "../shared/spec.ts";
import type { Properties, Value } from "../shared/values.ts";
import { isObject, stringOf, UNKNOWN } from "../shared/values.ts";
import { kubeconfig as fetchKubeconfig, retry, withMachine } from "./machine.ts";
import { clientConfigurationSpec, endpointOf, nodeSpecs, timeoutsSpec } from "./specs.ts";
import { diagnosed, machineOf, timeoutOf, timeoutProblems } from "./target.ts";

const unknown = {
  kubeconfigRaw: UNKNOWN,
  kubernetesClientConfiguration: {
    host: UNKNOWN,
    caCertificate: UNKNOWN,
    clientCertificate: UNKNOWN,
    clientKey: UNKNOWN,
  },
};

interface KubeconfigFile {
  readonly "current-context"?: string;
  readonly contexts?: readonly {
    readonly name: string;
    readonly context: { readonly cluster: string; readonly user: string };
  }[];
  readonly clusters?: readonly {
    readonly name: string;
    readonly cluster: { readonly server?: string; readonly "certificate-authority-data"?: string };
  }[];
  readonly users?: readonly {
    readonly name: string;
    readonly user: { readonly "client-certificate-data"?: string; readonly "client-key-data"?: string };
  }[];
}

/** The parts of a kubeconfig that the provider hands out one by one. */
function partsOf(text: string): { cluster: string; parts: Properties } {
  const file = (parse(text) ?? {}) as KubeconfigFile;
  const context = file.contexts?.find(({ name }) => name === file["current-context"])?.context;
  const cluster = file.clusters?.find(({ name }) => name === context?.cluster)?.cluster;
  const user = file.users?.find(({ name }) => name === context?.user)?.user;
  if (context === undefined || cluster === undefined || user === undefined)
    throw new Error("failed to parse kubeconfig: its current context names no cluster or no user");
  return {
    cluster: context.cluster,
    parts: {
      host: cluster.server ?? "",
      caCertificate: cluster["certificate-authority-data"] ?? "",
      clientCertificate: user["client-certificate-data"] ?? "",
      clientKey: user["client-key-data"] ?? "",
    },
  };
}

/** Whether the certificate ends within the renewal duration. */
function nearExpiry(olds: Properties, renewal: Value): boolean {
  const parts = olds["kubernetesClientConfiguration"];
  const encoded = isObject(parts) ? stringOf(parts["clientCertificate"]) : undefined;
  const duration = stringOf(renewal);
  if (!encoded || duration === undefined) return false;
  const { validToDate } = new X509Certificate(Buffer.from(encoded, "base64"));
  return validToDate.getTime() < Date.now() + parseDuration(duration);
}

async function get(
  planned: Properties,
  kind: "create" | "update",
  operation: Operation,
): Promise<{ cluster: string; outputs: Properties }> {
  const machine = machineOf(planned);
  const raw = await diagnosed(
    "failed to retrieve kubeconfig",
    retry(timeoutOf(planned, kind), operation.signal, (signal) =>
      withMachine(machine, signal, (connection) => fetchKubeconfig(connection, machine.node, signal)),
    ),
  );
  const { cluster, parts } = partsOf(raw);
  return { cluster, outputs: { ...planned, kubeconfigRaw: raw, kubernetesClientConfiguration: parts } };
}

/** `talos:cluster/kubeconfig:Kubeconfig`. */
export const kubeconfig: ResourceDefinition = {
  description: "Retrieves the kubeconfig for a Talos cluster",
  inputs: {
    ...nodeSpecs,
    clientConfiguration: clientConfigurationSpec,
    certificateRenewalDuration: {
      type: "string",
      description: "When to renew before the end, a Go duration. Default 720h",
    },
    timeouts: timeoutsSpec("talos:cluster/KubeconfigTimeouts:KubeconfigTimeouts", ["create", "update"]),
  },
  requiredInputs: ["clientConfiguration", "node"],
  outputs: {
    kubeconfigRaw: { type: "string", secret: true, description: "The raw kubeconfig" },
    kubernetesClientConfiguration: {
      type: "object",
      ref: "talos:cluster/KubeconfigKubernetesClientConfiguration:KubeconfigKubernetesClientConfiguration",
      description: "The kubernetes client configuration",
      properties: {
        host: { type: "string", description: "The kubernetes host" },
        caCertificate: { type: "string", description: "The kubernetes CA certificate" },
        clientCertificate: { type: "string", description: "The kubernetes client certificate" },
        clientKey: { type: "string", secret: true, description: "The kubernetes client key" },
      },
    },
  },
  requiredOutputs: [
    "certificateRenewalDuration",
    "clientConfiguration",
    "endpoint",
    "kubeconfigRaw",
    "kubernetesClientConfiguration",
    "node",
  ],
  validate(inputs): readonly CheckProblem[] {
    const problems = timeoutProblems(inputs);
    const renewal = stringOf(inputs["certificateRenewalDuration"]);
    if (renewal !== undefined)
      try {
        parseDuration(renewal);
      } catch (error) {
        problems.push({ property: "certificateRenewalDuration", reason: (error as Error).message });
      }
    return problems;
  },
  async plan({ olds, inputs }) {
    const certificateRenewalDuration = inputs["certificateRenewalDuration"] ?? "720h";
    const planned = { ...inputs, certificateRenewalDuration, endpoint: endpointOf(inputs) };
    if (olds === undefined || nearExpiry(olds, certificateRenewalDuration)) return { ...planned, ...unknown };
    return {
      ...planned,
      kubeconfigRaw: olds["kubeconfigRaw"] ?? UNKNOWN,
      kubernetesClientConfiguration:
        olds["kubernetesClientConfiguration"] ?? unknown.kubernetesClientConfiguration,
    };
  },
  async create(planned, operation) {
    const { cluster, outputs } = await get(planned, "create", operation);
    return { id: cluster, outputs };
  },
  async update(_id, _olds, planned, operation) {
    return planned["kubeconfigRaw"] === UNKNOWN ? (await get(planned, "update", operation)).outputs : planned;
  },
};
