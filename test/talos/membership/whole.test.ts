// Whether a control plane is whole after another config: before, while and after its static pods start again.
import { describe, expect, it } from "@jest/globals";
import type { Kubernetes } from "../../../src/steps/kubernetes.ts";
import { whatIsNotWhole, whatKubeletLacks } from "../../../src/talos/kubernetes/whole.ts";
import { oldStaticPod } from "../../../src/talos/kubernetes/staticPods.ts";
import {
  etcdService,
  FakeCluster,
  failure,
  fakeTalosctl,
  resource,
  staticPod,
  type Answer,
} from "../../fakes/clients.ts";

const machines = [1, 2, 3].map((n) => ({ name: `k8s-${String(n)}`, address: `192.0.2.1${String(n)}` }));
const [first] = machines as [(typeof machines)[number]];

const members = `NODE         ID                 HOSTNAME   PEER URLS                 CLIENT URLS               LEARNER
192.0.2.11   63ea2c0f3b2a9f31   k8s-1      https://192.0.2.11:2380   https://192.0.2.11:2379   false
`;

/** A control plane whose etcd is well and whose configs have version 1, with what is different. */
const control =
  (other: Readonly<Record<string, ReturnType<Answer>>> = {}): Answer =>
  (_address, command) => {
    if (command in other) return other[command];
    if (command === "service etcd") return etcdService("Running", "OK");
    if (command === "etcd members") return members;
    if (/^get (apiserver|controllermanager|scheduler)configs /.test(command))
      return resource(1, "enabled: true");
    if (/^get (secret|config)statuses /.test(command)) return failure("resource is not registered");
    return "";
  };

async function missing(
  answer: Answer,
  pods: Readonly<Record<string, ReturnType<typeof staticPod> | undefined>> = {},
  controlPlanes = machines,
): Promise<string | undefined> {
  const cluster = new FakeCluster();
  for (const [name, pod] of Object.entries(pods)) cluster.staticPods.set(`${name}-k8s-1`, pod);
  return whatIsNotWhole({ talosctl: fakeTalosctl(answer), controlPlanes }, cluster.client, first);
}

describe("a control plane", () => {
  it("is whole when etcd, API server and static pods are those of its config", async () =>
    expect(await missing(control())).toBe(undefined));

  it("is not whole before the restart has begun, though everything answers", async () => {
    for (const [name, resourceName] of [
      ["kube-apiserver", "apiserverconfigs"],
      ["kube-controller-manager", "controllermanagerconfigs"],
      ["kube-scheduler", "schedulerconfigs"],
    ] as const)
      expect(await missing(control({ [`get ${resourceName} -o yaml`]: resource(2, "enabled: true") }))).toBe(
        `k8s-1: ${name} has not restarted with its new config yet, or its kubelet has not said so yet`,
      );
  });

  it("is not whole before a pod has read other keys or other files, such as an audit policy", async () => {
    const statuses = (secrets: string, files: string): Answer =>
      control({
        "get secretstatuses -o yaml": resource(7, `ready: true\n    version: "${secrets}"`),
        "get configstatuses -o yaml": resource(9, `ready: true\n    version: "${files}"`),
      });
    // As Talos 1.13 writes them: only the API server has files.
    const keys = { "talos.dev/secrets-version": "2" };
    const pod = staticPod("1", { annotations: keys });
    const pods = {
      "kube-apiserver": staticPod("1", { annotations: { ...keys, "talos.dev/config-file-version": "1" } }),
      "kube-controller-manager": pod,
      "kube-scheduler": pod,
    };
    expect(await missing(statuses("2", "1"), pods)).toBe(undefined);
    expect((await missing(statuses("3", "1"), pods)) ?? "").toMatch(/kube-apiserver has not restarted/);
    expect((await missing(statuses("2", "2"), pods)) ?? "").toMatch(/kube-apiserver has not restarted/);
  });

  it("is named when its API server goes down between two questions", async () => {
    const kubernetes = {
      read: () => Promise.reject(new Error("connect ECONNREFUSED")),
    } as unknown as Kubernetes;
    await expect(
      oldStaticPod(fakeTalosctl(control()), kubernetes, first, ["kube-apiserver"]),
    ).rejects.toThrow(/^k8s-1: its API server does not answer: connect ECONNREFUSED$/);
  });

  it("is not whole while a pod starts, or is not there", async () => {
    const starting = staticPod("1", { ready: false });
    expect(await missing(control(), { "kube-apiserver": starting })).toBe(
      "k8s-1: kube-apiserver is not Ready yet",
    );
    expect(await missing(control(), { "kube-scheduler": undefined })).toBe(
      "k8s-1: kube-scheduler has not started yet",
    );
  });

  it("waits for the API server alone where it is the only one: it takes the others down with it", async () => {
    const starting = staticPod("1", { ready: false });
    expect(await missing(control(), { "kube-scheduler": starting }, [first])).toBe(undefined);
    expect((await missing(control(), { "kube-apiserver": starting }, [first])) ?? "").toMatch(
      /kube-apiserver/,
    );
  });

  it("does not wait for a program that its config switches off", async () => {
    const off = control({ "get schedulerconfigs -o yaml": resource(3, "enabled: false") });
    expect(await missing(off, { "kube-scheduler": undefined })).toBe(undefined);
  });

  it("is not taken for whole when it does not say which config it has", () =>
    expect(missing(control({ "get apiserverconfigs -o yaml": undefined }))).rejects.toThrow(
      /k8s-1 does not say which config its kube-apiserver has/,
    ));

  it("joins etcd first, then as a learner", async () => {
    expect(await missing(control({ "service etcd": etcdService("Preparing") }))).toBe("k8s-1: joins etcd");
    const learner = etcdService("Running", "Fail", "rpc not supported for learner");
    expect(await missing(control({ "service etcd": learner }))).toBe("k8s-1: joins etcd");
  });
});

describe("a machine", () => {
  const kubelet = (answer: ReturnType<Answer>): Promise<string | undefined> =>
    whatKubeletLacks(
      fakeTalosctl((_address, command) => (command === "service kubelet" ? answer : "")),
      first,
    );

  it("is not well with a kubelet that its config keeps from starting", async () => {
    expect(await kubelet(etcdService("Running", "OK"))).toBe(undefined);
    expect(await kubelet(etcdService("Waiting"))).toBe("k8s-1: kubelet is Waiting: Running pre state");
    expect(await kubelet(etcdService("Running", "?", "Unknown"))).toBe(
      "k8s-1: kubelet has started, its health is not known yet",
    );
    expect(await kubelet(undefined)).toBe("k8s-1: Unavailable: connection refused");
  });
});
