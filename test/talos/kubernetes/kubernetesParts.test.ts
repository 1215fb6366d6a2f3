// What runs: whether there is a cluster, and its parts.
import { describe, expect, it } from "@jest/globals";
import type { ClusterView } from "../../../src/talos/clusterView.ts";
import { clusterApi, clusterApiOnceKnown, isBootstrapped } from "../../../src/talos/kubernetes/clusterApi.ts";
import { kubernetesParts } from "../../../src/talos/kubernetes/kubernetesParts.ts";
import type { MachineRef } from "../../../src/talos/contracts.ts";
import { beforeBootstrap, fakeTalosctl, quickStep, quietStep, type Answer } from "../../fakes/clients.ts";

const [first, second, worker] = ["k8s-1", "k8s-2", "k8s-4"].map((name) => ({
  name,
  address: `192.0.2.1${name.at(-1) ?? ""}`,
})) as [MachineRef, MachineRef, MachineRef];

const serverVersion = "Client:\n\tTag: v1.12.0\nServer:\n\tTag:         v1.11.6\n";

/** Machines that run Kubernetes 1.34.4, with what is different. */
const running =
  (other: Answer = () => undefined): Answer =>
  (address, command) => {
    const different = other(address, command);
    if (different !== undefined) return different === "no answer" ? undefined : different;
    if (command === "version") return serverVersion;
    const [, resource] = /^get (\w+) /.exec(command) ?? [];
    if (resource === "kubeletspecs") return "spec:\n    image: ghcr.io/siderolabs/kubelet:v1.34.4\n";
    return resource === undefined ? "" : `spec:\n    image: registry.k8s.io/kube-${resource}:v1.34.4\n`;
  };

describe("whether there is a cluster", () => {
  const ask = (answer: Answer, ...machines: MachineRef[]): Promise<boolean> =>
    isBootstrapped({ step: quickStep(), talosctl: fakeTalosctl(answer), controlPlanes: machines });
  const quiet = (answer: Answer): ClusterView => ({
    step: quietStep().step,
    talosctl: fakeTalosctl(answer),
    controlPlanes: [first, second],
  });

  it("is told by members of etcd", async () => expect(await ask(running(), first)).toBe(true));

  it("is told by etcd's data when no member answers: an ill etcd is no new cluster", async () => {
    const ill: Answer = (_address, command) =>
      command === "list /var/lib/etcd/member" ? "snap\nwal\n" : undefined;
    expect(await ask(ill, first, second)).toBe(true);
    await expect(clusterApi(quiet(ill))).rejects.toThrow(
      /no control plane gives a kubeconfig: k8s-1: Unavailable: connection refused; k8s-2: /,
    );
  });

  it("is denied when all say that there is none", async () => {
    const fresh: Answer = (_address, command) =>
      command === "version --insecure" ? serverVersion : undefined;
    expect(await ask(fresh, first, second)).toBe(false);
    expect(await clusterApiOnceKnown({ ...quiet(fresh), step: quickStep(), controlPlanes: [first] })).toBe(
      undefined,
    );
  });

  it("is not known while one is silent, and that is no reason to take care of nothing", async () => {
    const silent: Answer = (address, command) =>
      address === second.address || command !== "version --insecure" ? undefined : serverVersion;
    await expect(clusterApiOnceKnown({ ...quiet(silent), step: quickStep() })).rejects.toThrow(
      /whether it has etcd: not there after .*; last seen: k8s-2: does not answer/,
    );
    expect(await clusterApi(quiet(silent))).toBe(undefined);
  });
});

describe("the parts of Kubernetes", () => {
  const parts = async (answer: Answer): Promise<readonly string[]> =>
    (
      await kubernetesParts(
        { step: quietStep().step, talosctl: fakeTalosctl(answer), controlPlanes: [first] },
        [worker],
      )
    ).map(({ machine, program, version }) => `${machine.name} ${program} ${version}`);

  it("are those of all machines", async () =>
    expect(await parts(running())).toStrictEqual([
      "k8s-1 kube-apiserverconfigs v1.34.4",
      "k8s-1 kube-controllermanagerconfigs v1.34.4",
      "k8s-1 kube-schedulerconfigs v1.34.4",
      "k8s-1 kubelet v1.34.4",
      "k8s-4 kubelet v1.34.4",
    ]));

  it("are read whole: a version before a release is not the release", async () => {
    const candidate = running((_address, command) =>
      command === "get kubeletspecs -o yaml"
        ? "spec:\n    image: ghcr.io/siderolabs/kubelet:v1.37.0-rc.1@sha256:0a1b\n"
        : undefined,
    );
    expect((await parts(candidate)).at(-1)).toBe("k8s-4 kubelet v1.37.0-rc.1");
  });

  it("are known while etcd is ill", async () => {
    const ill = running((_address, command) => (command === "etcd members" ? "no answer" : undefined));
    expect((await parts(ill)).length).toBe(5);
  });

  it("are none before the bootstrap, whatever the configs say", async () => {
    const fresh = running((_address, command) => beforeBootstrap[command]);
    expect(await parts(fresh)).toStrictEqual([]);
  });

  it("leave out a machine in maintenance mode, which says nothing", async () => {
    const bare = running((address, command) => {
      if (address !== worker.address) return undefined;
      return command === "version --insecure" ? "Server:\n\tTag: v1.12.0\n" : "no answer";
    });
    expect((await parts(bare)).length).toBe(4);
  });
});
