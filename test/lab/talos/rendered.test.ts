// What a machine says of the keys and files of its static pods.
import { describe, expect, it } from "@jest/globals";
import { kubernetesResources } from "../../../lab/talos/cosi/kubernetes.ts";
import type { MachineConfig } from "../../../lab/talos/config.ts";
import type { TalosMachine } from "../../../lab/talos/machine.ts";

const asked = async (type: string, versions: object | undefined): Promise<unknown> => {
  const machine = { options: { runtime: { staticPodVersions: () => versions } } } as unknown as TalosMachine;
  return kubernetesResources(machine, {} as MachineConfig, type);
};

describe("keys and files of static pods", () => {
  it("have a version each, the one that the API server is made of", async () => {
    const versions = { "kube-apiserver": { config: "5", secrets: "2", files: "3" } };
    expect(await asked("ConfigStatuses.kubernetes.talos.dev", versions)).toStrictEqual([
      { id: "static-pods", spec: { ready: true, version: "3" } },
    ]);
    expect(await asked("SecretStatuses.kubernetes.talos.dev", versions)).toStrictEqual([
      { id: "static-pods", spec: { ready: true, version: "2" } },
    ]);
  });

  it("are not on a worker", async () =>
    expect(await asked("ConfigStatuses.kubernetes.talos.dev", undefined)).toStrictEqual([]));
});
