// `up` killed with -9 in the middle of a roll over the machines. Each next one goes on from there without any hand work;
// the last one finishes, and nothing is left behind.
import assert from "node:assert/strict";
import { afterAll, beforeAll, describe, expect, it, jest } from "@jest/globals";
import { killedAt } from "./killedUp.ts";
import { pin } from "./pinned.ts";
import { cordoned, machineFacts } from "./roll.ts";
import { newest, oldest } from "./savedLab.ts";
import { TestLab } from "./testLab.ts";
import { finishWhileWatched } from "./watch.ts";

jest.setTimeout(1_200_000);

describe("a killed roll", () => {
  let lab: TestLab;
  beforeAll(async () => {
    lab = await TestLab.restored("ha");
    lab.changeConfig({ versions: (versions) => ({ ...versions, talos: newest.talos }) });
  });
  afterAll(async () => {
    await lab.destroy();
  });

  const machine = async (name: string): Promise<{ readonly state: string; readonly talos: string }> => {
    const found = (await lab.status()).machines.find((one) => one.name === name);
    assert.ok(found !== undefined);
    return found;
  };
  const talos = async (): Promise<readonly string[]> =>
    Object.values(await machineFacts(lab)).map((facts) => facts.talos);

  it("while it is prepared, has touched no machine", async () => {
    const before = await machineFacts(lab);
    await killedAt(lab, { resource: "talos-prepare", said: /k8s-\d: has factory\.talos\.dev/ });
    expect(await machineFacts(lab)).toStrictEqual(before);
  });

  it("while a control plane is drained, leaves it cordoned and as it was", async () => {
    const before = await machineFacts(lab);
    const release = await pin(lab, "k8s-1");
    await killedAt(lab, { resource: "talos-k8s-1-os", said: /k8s-1: draining/ });
    await release();
    expect(await cordoned(lab)).toStrictEqual(["k8s-1"]);
    expect((await machineFacts(lab))["k8s-1"]?.boot).toBe(before["k8s-1"]?.boot);
  });

  it("while a control plane reboots, goes on in the machine", async () => {
    await killedAt(lab, {
      resource: "talos-k8s-1-os",
      happened: async () => (await machine("k8s-1")).state === "rebooting",
    });
    await lab.until("k8s-1 with the new Talos", async () => {
      const { state, talos } = await machine("k8s-1");
      return state === "running" && talos === newest.talos;
    });
    expect(await cordoned(lab)).toStrictEqual(["k8s-1"]);
  });

  it("when a control plane is back and takes no pods yet, has gone on from the one before", async () => {
    await killedAt(lab, {
      resource: "talos-k8s-2-os",
      happened: async () => {
        const { state, talos } = await machine("k8s-2");
        return state === "running" && talos === newest.talos;
      },
    });
    expect(await cordoned(lab)).toStrictEqual(["k8s-2"]);
    expect(await talos()).toStrictEqual([
      newest.talos,
      newest.talos,
      oldest.talos,
      oldest.talos,
      oldest.talos,
    ]);
  });

  it("while a worker reboots, has gone on from there", async () => {
    await killedAt(lab, {
      resource: "talos-k8s-4-os",
      happened: async () => (await machine("k8s-4")).state === "rebooting",
    });
    expect(await cordoned(lab)).toStrictEqual(["k8s-4"]);
  });

  it("is finished by the next one", async () => {
    const before = await machineFacts(lab);
    await finishWhileWatched(lab);
    const facts = await machineFacts(lab);
    expect(await talos()).toStrictEqual(Array.from({ length: 5 }, () => newest.talos));
    expect(await cordoned(lab)).toStrictEqual([]);
    for (const done of ["k8s-1", "k8s-2", "k8s-3"]) expect(facts[done]?.boot).toBe(before[done]?.boot);
  });
});
