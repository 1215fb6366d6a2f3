// The resource `talos:machine/secrets:Secrets`: a cluster's PKI. Source: terraform-provider-talos v0.11.0
// pkg/talos/talos_machine_secrets_resource.go.
import { X509Certificate } from "node:crypto";
import { readFileSync } from "node:fs";
import type { ResourceDefinition } from "../shared/provider.ts";
import type { CheckProblem } from "../shared/spec.ts";
import type { Properties, Value } from "../shared/values.ts";
import { isObject, stringOf, UNKNOWN } from "../shared/values.ts";
import { clientConfigurationOf, machineSecretsOf, secretsYamlOf } from "./bundle.ts";
import { clientConfigurationSpec, machineSecretsSpec } from "./specs.ts";
import { generateSecrets, talosctlContract } from "./talosctl.ts";
import { compareVersions, contractProblem } from "./versions.ts";

const secretsId = "machine_secrets";

/** What the state has besides: without the version of its schema the real plugin takes machineSecrets for a text. */
const ofState = { id: secretsId, __meta: JSON.stringify({ schema_version: "1" }) };

const unknownClient = { caCertificate: UNKNOWN, clientCertificate: UNKNOWN, clientKey: UNKNOWN };

/** Whether the client certificate ends within a month, which is when the provider renews it. */
function nearExpiry(clientConfiguration: Value | undefined): boolean {
  const encoded = isObject(clientConfiguration)
    ? stringOf(clientConfiguration["clientCertificate"])
    : undefined;
  if (!encoded) return false;
  const limit = new Date();
  limit.setMonth(limit.getMonth() + 1);
  return new X509Certificate(Buffer.from(encoded, "base64")).validToDate < limit;
}

/** `talos:machine/secrets:Secrets`. */
export const secrets: ResourceDefinition = {
  description: "Generate machine secrets for Talos cluster.",
  inputs: {
    talosVersion: {
      type: "string",
      description: "The config contract, e.g. v1.12; only read when they are made",
    },
  },
  requiredInputs: [],
  outputs: { machineSecrets: machineSecretsSpec, clientConfiguration: clientConfigurationSpec },
  requiredOutputs: ["clientConfiguration", "machineSecrets", "talosVersion"],

  validate(inputs): readonly CheckProblem[] {
    return contractProblem("talosVersion", inputs["talosVersion"]);
  },

  async plan({ olds, inputs }, operation) {
    const talosVersion =
      inputs["talosVersion"] ?? olds?.["talosVersion"] ?? (await talosctlContract(operation.signal));
    // The framework takes everything computed for unknown once an input changes; the update then keeps it.
    if (talosVersion !== olds?.["talosVersion"])
      return { talosVersion, machineSecrets: UNKNOWN, clientConfiguration: UNKNOWN };
    return {
      talosVersion,
      machineSecrets: olds["machineSecrets"] ?? UNKNOWN,
      clientConfiguration: nearExpiry(olds["clientConfiguration"])
        ? unknownClient
        : (olds["clientConfiguration"] ?? UNKNOWN),
    };
  },

  replaces(olds, planned, changed) {
    const before = stringOf(olds["talosVersion"]);
    const after = stringOf(planned["talosVersion"]);
    // An older contract would need other secrets, so it is another cluster; a newer one reads these just as well.
    const older = before !== undefined && after !== undefined && compareVersions(after, before) < 0;
    return older && changed.includes("talosVersion") ? ["talosVersion"] : [];
  },

  async create(planned, operation) {
    const yaml = await generateSecrets(String(planned["talosVersion"]), operation.signal);
    return {
      id: secretsId,
      outputs: {
        ...ofState,
        talosVersion: planned["talosVersion"] as Value,
        machineSecrets: machineSecretsOf(yaml),
        clientConfiguration: await clientConfigurationOf(yaml, operation.signal),
      },
    };
  },

  async update(_id, olds, planned, operation) {
    const renew = nearExpiry(olds["clientConfiguration"]);
    return {
      ...planned,
      ...ofState,
      machineSecrets: olds["machineSecrets"] as Value,
      clientConfiguration: renew
        ? await clientConfigurationOf(secretsYamlOf(olds["machineSecrets"]), operation.signal)
        : (olds["clientConfiguration"] as Value),
    };
  },

  async read(id, state, operation) {
    if (state !== undefined) return { id, inputs: inputsOf(state), outputs: state };
    const yaml = readSecretsFile(id);
    const machineSecrets = machineSecretsOf(yaml);
    const own = machineSecrets["secrets"];
    const outputs = {
      ...ofState,
      // The provider cannot know the contract of the file and assumes the oldest one that fits.
      talosVersion: isObject(own) && own["aescbcEncryptionSecret"] !== undefined ? "v1.2" : "v1.3",
      machineSecrets,
      clientConfiguration: await clientConfigurationOf(yaml, operation.signal),
    };
    return { id: secretsId, inputs: inputsOf(outputs), outputs };
  },
};

const inputsOf = (state: Properties): Properties => ({ talosVersion: state["talosVersion"] ?? null });

function readSecretsFile(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code;
    const reason =
      code === "ENOENT"
        ? "no such file or directory"
        : code === "EACCES"
          ? "permission denied"
          : String(code);
    throw new Error(`failed to import state: stat ${path}: ${reason}`, { cause: error });
  }
}
