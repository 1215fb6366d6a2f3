// Whether there is an etcd, by what control planes answer in each of their states.
import assert from "node:assert/strict";
import { describe, expect, it } from "@jest/globals";
import { askEtcd, isThereEtcd } from "../../../src/talos/etcd/etcdPresence.ts";
import { etcdMembers } from "../../../src/talos/etcd/etcdMembers.ts";
import {
  beforeBootstrap,
  etcdService,
  failure,
  fakeTalosctl,
  quickStep,
  quietStep,
  type Answer,
} from "../../fakes/clients.ts";

const machines = [1, 2, 3].map((n) => ({ name: `k8s-${String(n)}`, address: `192.0.2.1${String(n)}` }));

/** What a machine answers in a state; a command that is not listed is not answered. */
type State = Readonly<Record<string, string | ReturnType<typeof failure>>>;

const noFile = beforeBootstrap["list /var/lib/etcd/member"] ?? "";
const unregistered = failure('service "etcd" is not registered on any nodes');
const stage = (name: string): string => `spec:\n    stage: ${name}\n    status:\n        ready: false\n`;
const version = "Client:\n\tTag: v1.13.9\nServer:\n\tTag: v1.13.9\n";
const foreignCa = failure(
  'rpc error: code = Unavailable desc = connection error: desc = "transport: authentication handshake failed: tls: failed to verify certificate: x509: certificate signed by unknown authority"',
);

const member: State = {
  "service etcd": etcdService("Running", "OK"),
  "list /var/lib/etcd/member": "NODE   NAME\n",
};
const maintenance: State = {
  "service etcd": foreignCa,
  "list /var/lib/etcd/member": foreignCa,
  "version --insecure": version,
};
const silent: State = {};

const states: readonly (readonly [string, State, string])[] = [
  ["a member", member, "runs"],
  ["a member that is ill", { ...member, "service etcd": etcdService("Running", "Fail") }, "runs"],
  ["a learner, before it has data", { "service etcd": etcdService("Running", "Fail") }, "runs"],
  ["one whose etcd has failed", { ...member, "service etcd": etcdService("Failed") }, "stopped"],
  ["one whose etcd is stopped", { ...member, "service etcd": etcdService("Finished") }, "stopped"],
  ["a member that starts again", { ...member, "service etcd": etcdService("Preparing") }, "stopped"],
  ["one that waits for the bootstrap", beforeBootstrap, "none"],
  [
    "one whose disk is not mounted yet",
    { "service etcd": etcdService("Waiting"), "list /var/lib/etcd/member": noFile },
    "unknown",
  ],
  [
    "one whose join has timed out, which has let go of its disk",
    { "service etcd": etcdService("Failed"), "list /var/lib/etcd/member": noFile },
    "unknown",
  ],
  [
    "one that waits, and does not say what is on its disk",
    { "service etcd": etcdService("Preparing"), "list /var/lib/etcd/member": failure("deadline exceeded") },
    "unknown",
  ],
  ["one in maintenance mode", maintenance, "blank"],
  [
    "one that installs Talos",
    { "service etcd": unregistered, "get machinestatus -o yaml": stage("installing") },
    "blank",
  ],
  [
    "one that boots",
    {
      "service etcd": unregistered,
      "list /var/lib/etcd/member": noFile,
      "get machinestatus -o yaml": stage("booting"),
    },
    "unknown",
  ],
  ["one that is upgraded", { "get machinestatus -o yaml": stage("upgrading") }, "unknown"],
  ["a silent one", silent, "unknown"],
  [
    "another cluster's",
    { "service etcd": foreignCa, "version --insecure": failure("certificate required") },
    "unknown",
  ],
];

/** Three control planes in these states. */
const answers =
  (...found: readonly State[]): Answer =>
  (address, command) =>
    found[machines.findIndex((machine) => machine.address === address)]?.[command];

describe("what a control plane says about its etcd", () => {
  for (const [what, state, says] of states)
    it(`${what}: ${says}`, async () => {
      const [answer] = await askEtcd({
        talosctl: fakeTalosctl(answers(state)),
        controlPlanes: machines.slice(0, 1),
      });
      expect(answer?.says).toBe(says);
    });

  it("is asked by nothing that hangs before the bootstrap, and of all at the same time", async () => {
    const asked: string[] = [];
    const answering = fakeTalosctl(answers(beforeBootstrap, beforeBootstrap, beforeBootstrap));
    let open = 0;
    let most = 0;
    const talosctl = fakeTalosctl(() => undefined);
    talosctl.run = async (address, args) => {
      asked.push(args.join(" "));
      most = Math.max(most, (open += 1));
      const result = await answering.run(address, args);
      open -= 1;
      return result;
    };
    expect(await etcdMembers({ talosctl, controlPlanes: machines })).toBe(undefined);
    expect(new Set(asked)).toStrictEqual(new Set(["service etcd", "list /var/lib/etcd/member"]));
    expect(most).toBe(6);
  });
});

describe("the members of etcd", () => {
  const members = `NODE         ID                 HOSTNAME   PEER URLS                 CLIENT URLS               LEARNER
192.0.2.12   63ea2c0f3b2a9f32   k8s-2      https://192.0.2.12:2380   https://192.0.2.12:2379   false
`;

  it("are named by the first that can: a learner and a silent one cannot", async () => {
    const learner = { ...member, "etcd members": failure("rpc not supported for learner") };
    const found = await etcdMembers({
      talosctl: fakeTalosctl(answers(learner, { ...member, "etcd members": members }, silent)),
      controlPlanes: machines,
    });
    expect(found?.through.name).toBe("k8s-2");
    expect(found?.members).toStrictEqual([{ id: "63ea2c0f3b2a9f32", name: "k8s-2" }]);
  });
});

describe("whether there is an etcd", () => {
  const ask = (blankIsNone: boolean, ...found: readonly State[]): Promise<boolean> =>
    isThereEtcd(
      { step: quickStep(), talosctl: fakeTalosctl(answers(...found)), controlPlanes: machines },
      { blankIsNone, why: "nothing is made" },
    );

  it("is known as soon as one has it, whatever the others do", async () => {
    expect(await ask(false, silent, silent, member)).toBe(true);
    expect(
      await ask(false, beforeBootstrap, maintenance, { ...member, "service etcd": etcdService("Failed") }),
    ).toBe(true);
  });

  it("is denied when every one has said that it has none", async () => {
    expect(await ask(false, beforeBootstrap, beforeBootstrap, beforeBootstrap)).toBe(false);
    expect(await ask(true, beforeBootstrap, maintenance, maintenance)).toBe(false);
  });

  it("is not known while one is silent: a wiped control plane beside silent ones is no new cluster", () =>
    assert.rejects(ask(true, beforeBootstrap, silent, silent), (error: { message: string; todo: string }) => {
      expect(error.message).toMatch(
        /^an answer from every control plane whether it has etcd: not there after 0 s; last seen: k8s-2: does not answer \(being installed, rebooting, or off\); k8s-3: does not answer/,
      );
      expect(error.todo).toMatch(/^nothing is made; switch those machines on/);
      return true;
    }));

  it("is not known from a machine without a running system, where something is made from the answer", () =>
    expect(ask(false, beforeBootstrap, beforeBootstrap, maintenance)).rejects.toThrow(
      /k8s-3: is in maintenance mode$/,
    ));

  it("is waited for while machines install and reboot, each at its own time", async () => {
    // One that has answered may reboot: it has no etcd all the same.
    const courses: Readonly<Record<string, readonly State[]>> = {
      "192.0.2.11": [maintenance, silent, beforeBootstrap, silent, silent],
      "192.0.2.12": [silent, silent, silent, beforeBootstrap, silent],
      "192.0.2.13": [silent, silent, silent, silent, beforeBootstrap],
    };
    let at = -1;
    const { step, lines } = quietStep();
    const wait = step.waitFor;
    step.waitFor = (options, look) =>
      wait(options, () => {
        at += 1;
        return look();
      });
    const found = await isThereEtcd(
      {
        step,
        talosctl: fakeTalosctl((address, command) => courses[address]?.[at]?.[command]),
        controlPlanes: machines,
      },
      { blankIsNone: false, why: "" },
    );
    expect(found).toBe(false);
    expect(at).toBe(4);
    expect(lines[0] ?? "").toMatch(
      /^k8s-1: is in maintenance mode; k8s-2: does not answer .*; k8s-3: does not/,
    );
    expect(lines.at(-1) ?? "").toMatch(/^k8s-3: does not answer/);
  });
});
