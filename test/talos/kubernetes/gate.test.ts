import { describe, expect, it } from "@jest/globals";
import type { KubeObject } from "../../../src/steps/kubernetes.ts";
import { controlPlanesWhole } from "../../../src/talos/kubernetes/whole.ts";
import {
  etcdService,
  FakeCluster,
  fakeTalosctl,
  quietStep,
  resource,
  staticPod,
  type Answer,
} from "../../fakes/clients.ts";

const machines = [1, 2, 3].map((n) => ({ name: `k8s-${String(n)}`, address: `192.0.2.1${String(n)}` }));

const healthy = `NODE     192.0.2.11
ID       etcd
STATE    Running
HEALTH   OK
EVENTS   [Running]: Health check successful (5m0s ago)
`;
const down = `NODE     192.0.2.12
ID       etcd
STATE    Waiting
HEALTH   ?
EVENTS   [Waiting]: Error running Containerd(etcd), going to restart forever: task "etcd" failed: exit code 1 (3s ago)
         [Running]: Health check successful (5m0s ago)
`;
const ill = `NODE                  192.0.2.12
ID                    etcd
STATE                 Running
HEALTH                Fail
LAST HEALTH MESSAGE   context deadline exceeded
EVENTS                [Running]: Health check failed: context deadline exceeded (3s ago)
`;

function membersOf(...names: string[]): string {
  return [
    "NODE         ID                 HOSTNAME   PEER URLS                 CLIENT URLS               LEARNER",
    ...names.map((name) => {
      const address = `192.0.2.1${name.at(-1) ?? ""}`;
      return `192.0.2.11   63ea2c0f3b2a9f3${name.at(-1) ?? ""}   ${name}      https://${address}:2380   https://${address}:2379   false`;
    }),
    "",
  ].join("\n");
}

const statusHeading =
  "NODE         MEMBER             DB SIZE   IN USE            LEADER             RAFT INDEX   RAFT TERM   RAFT APPLIED INDEX   LEARNER   PROTOCOL   STORAGE   ERRORS";
const status = (errors = ""): string =>
  `${statusHeading}\n${"192.0.2.11   63ea2c0f3b2a9f31   2.1 MB    1.0 MB (48.00%)   63ea2c0f3b2a9f31   10           2           10                   false     3.6.7      3.6.0".padEnd(statusHeading.indexOf("ERRORS"))}${errors}\n`;

/** A whole etcd with these members, and what is different. */
function etcd(names: readonly string[], other: Answer = () => undefined): Answer {
  return (address, command) => {
    const different = other(address, command);
    if (different !== undefined) return different === "no answer" ? undefined : different;
    if (command === "service etcd") return healthy;
    if (command === "etcd members") return membersOf(...names);
    if (command === "get apiserverconfigs -o yaml") return resource(1, "localPort: 6443");
    return command === "etcd status" ? status() : "";
  };
}

const three = machines.map(({ name }) => name);

async function gate(
  answer: Answer,
  {
    planes = machines,
    leaving,
    dead,
    pods = {},
  }: {
    planes?: typeof machines;
    leaving?: number;
    dead?: string;
    pods?: Readonly<Record<string, KubeObject>>;
  } = {},
): Promise<readonly string[]> {
  const { step, lines } = quietStep();
  const cluster = new FakeCluster();
  for (const [name, found] of Object.entries(pods)) cluster.staticPods.set(name, found);
  if (dead !== undefined) cluster.dead.add(dead);
  await controlPlanesWhole(
    { step, talosctl: fakeTalosctl(answer), controlPlanes: planes },
    {
      // A busy computer needs more than a moment for two looks.
      timeoutSeconds: 0.5,
      when: "before k8s-1 goes down",
      kubernetes: cluster.client,
      leaving: leaving === undefined ? undefined : machines[leaving],
    },
  );
  return lines;
}

/** What the second control plane says instead. */
const second =
  (command: string, text: string): Answer =>
  (address, asked) =>
    address === "192.0.2.12" && asked === command ? text : undefined;

describe("the gate in front of a control plane", () => {
  it("opens when everything is whole twice in a row", async () => {
    expect(await gate(etcd(three), { leaving: 0 })).toStrictEqual([
      "all control planes are whole; looking once more",
    ]);
  });

  it("names the one whose etcd is down, with Talos' reason", () =>
    expect(gate(etcd(three, second("service etcd", down)))).rejects.toThrow(
      /all control planes whole before k8s-1 goes down: not there .*k8s-2: etcd is Waiting: Error running Containerd\(etcd\), .* exit code 1$/,
    ));

  it("names the one whose etcd is not healthy", () =>
    expect(gate(etcd(three, second("service etcd", ill)))).rejects.toThrow(
      /k8s-2: etcd is Running, its health Fail: context deadline exceeded$/,
    ));

  it("names the one that does not answer", () =>
    expect(gate(etcd(three, second("service etcd", "no answer")))).rejects.toThrow(
      /k8s-2: Unavailable: connection refused$/,
    ));

  it("does not ask an etcd that waits to join, which would hang", async () => {
    const asked: string[] = [];
    const joins = second("service etcd", etcdService("Preparing"));
    const noting: Answer = (address, command) => {
      if (address === "192.0.2.12") asked.push(command);
      return joins(address, command);
    };
    await expect(gate(etcd(three, noting))).rejects.toThrow(/k8s-2: joins etcd$/);
    expect([...new Set(asked)]).toStrictEqual(["service etcd"]);
  });

  it("does not open for a learner, an alarm or an error", async () => {
    await expect(
      gate(etcd(three, second("etcd members", membersOf(...three).replace(/false\n$/, "true\n")))),
    ).rejects.toThrow(/k8s-2: k8s-3 joins etcd, it is still a learner$/);
    await expect(
      gate(etcd(three, second("etcd alarm list", "NODE   MEMBER   ALARM\nx   63ea2c0f3b2a9f32   NOSPACE\n"))),
    ).rejects.toThrow(/k8s-2: etcd alarm 63ea2c0f3b2a9f32 NOSPACE$/);
    await expect(gate(etcd(three, second("etcd status", status("etcdserver: no leader"))))).rejects.toThrow(
      /k8s-2: etcd says etcdserver: no leader$/,
    );
  });

  it("does not open while the control planes disagree, or a member is missing", async () => {
    await expect(gate(etcd(three, second("etcd members", membersOf("k8s-1", "k8s-2"))))).rejects.toThrow(
      /know different etcd members: k8s-1, k8s-2, k8s-3 \/ k8s-1, k8s-2$/,
    );
    await expect(gate(etcd(["k8s-1", "k8s-2"]))).rejects.toThrow(/etcd has 2 members, expected 3$/);
  });

  it("names the one whose API server is dead, which the endpoint hides", () =>
    expect(gate(etcd(three), { dead: "192.0.2.13" })).rejects.toThrow(
      /k8s-3: its API server does not answer: connect ECONNREFUSED$/,
    ));

  it("names the one whose API server is about to restart, and still answers", async () => {
    await expect(
      gate(etcd(three, second("get apiserverconfigs -o yaml", resource(2, "localPort: 6443")))),
    ).rejects.toThrow(
      /k8s-2: kube-apiserver has not restarted with its new config yet, or its kubelet has not said so yet$/,
    );
    await expect(
      gate(etcd(three), { pods: { "kube-apiserver-k8s-3": staticPod("1", { ready: false }) } }),
    ).rejects.toThrow(/k8s-3: kube-apiserver is not Ready yet$/);
  });

  it("stays shut for one of two, which etcd cannot do without, and opens for a worker there", async () => {
    const planes = machines.slice(0, 2);
    await expect(gate(etcd(["k8s-1", "k8s-2"]), { planes, leaving: 0 })).rejects.toThrow(
      /^k8s-1 cannot go down: etcd has 2 members \(k8s-1, k8s-2\), needs 2, and would be left with 1$/,
    );
    await gate(etcd(["k8s-1", "k8s-2"]), { planes });
  });

  it("stays shut when one of three members is nobody's", () =>
    expect(gate(etcd(three), { planes: machines.slice(0, 2), leaving: 0 })).rejects.toThrow(
      /k8s-1 cannot go down: etcd has 3 members .* needs 2, and would be left with 1$/,
    ));

  it("opens while another one still waits for its config", async () => {
    const bare: Answer = (address, command) => {
      if (address !== "192.0.2.13") return undefined;
      // Only the call without a certificate is answered in maintenance mode.
      return command === "version --insecure" ? "Server:\n\tTag: v1.12.0\n" : "no answer";
    };
    await gate(etcd(["k8s-1", "k8s-2"], bare), { dead: "192.0.2.13" });
  });

  it("opens for a single one", async () => {
    await gate(etcd(["k8s-1"]), { planes: machines.slice(0, 1), leaving: 0 });
  });
});
