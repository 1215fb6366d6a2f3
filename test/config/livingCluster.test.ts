import { describe, expect, it } from "@jest/globals";
import { livingClusterOf } from "../../src/config/livingCluster.ts";

const secrets = { type: "talos:machine/secrets:Secrets", outputs: {} };
const config = {
  type: "talos:machine/configurationApply:ConfigurationApply",
  outputs: {
    configPatches: [
      '{"machine":{"install":{"disk":"/dev/sda"}}}',
      '{"cluster":{"network":{"podSubnets":["10.1.0.0/16"],"serviceSubnets":["10.2.0.0/16"]}}}',
    ],
    machineConfigurationInput:
      "version: v1alpha1\ncluster:\n  clusterName: home\n  network: { podSubnets: [10.244.0.0/16] }\n---\napiVersion: v1alpha1\nkind: HostnameConfig\n",
  },
};
const etcd = { type: "command:local:Command", outputs: {} };

describe("the cluster in the state", () => {
  it("keeps what its machines were sent, patches before the base", () => {
    expect(
      livingClusterOf({ a: secrets, b: config, "urn:pulumi:x::y::z::cluster-etcd": etcd }),
    ).toStrictEqual({
      hasSecrets: true,
      bornWith: { clusterName: "home", podCidr: "10.1.0.0/16", serviceCidr: "10.2.0.0/16" },
    });
  });

  it("has its deploy key and webhook where the provider says, while there are any", () => {
    const provider = { type: "pulumi:providers:github", outputs: { owner: "home", version: "6.15.0" } };
    const baseUrl = "https://github.example.com/";
    const server = { ...provider, outputs: { ...provider.outputs, baseUrl } };
    const key = { type: "github:index/repositoryDeployKey:RepositoryDeployKey", outputs: {} };
    const webhook = { type: "github:index/repositoryWebhook:RepositoryWebhook", outputs: {} };
    expect(livingClusterOf({ p: provider }).github).toBe(undefined);
    expect(livingClusterOf({ p: provider, k: key }).github).toStrictEqual({ owner: "home" });
    expect(livingClusterOf({ p: server, w: webhook }).github).toStrictEqual({ owner: "home", baseUrl });
  });

  it("can still become another before etcd is there", () => {
    expect(livingClusterOf({ a: secrets, b: config })).toStrictEqual({ hasSecrets: true });
    expect(livingClusterOf({})).toStrictEqual({ hasSecrets: false });
  });

  it("says nothing of what cannot be read", () => {
    const odd = { type: config.type, outputs: { configPatches: "[secret]", machineConfigurationInput: 1 } };
    expect(livingClusterOf({ a: odd, "::cluster-etcd": etcd })).toStrictEqual({
      hasSecrets: false,
      bornWith: { clusterName: undefined, podCidr: undefined, serviceCidr: undefined },
    });
  });
});
