// What the config promises is there afterwards: labels and taints of a worker, and an endpoint that moves.
import assert from "node:assert/strict";
import { get } from "node:https";
import { afterAll, beforeAll, describe, expect, it, jest } from "@jest/globals";
import { connect } from "node:tls";
import { assertPreview } from "./changes.ts";
import { assertNoChange, TestLab } from "./testLab.ts";

jest.setTimeout(900_000);

interface Node {
  readonly metadata: { readonly labels: Readonly<Record<string, string>> };
  readonly spec: { readonly taints?: readonly { readonly key: string; readonly value?: string }[] };
}

const role = "node-role.kubernetes.io/gpu";

describe("what the stack config promises", () => {
  let lab: TestLab;
  beforeAll(async () => {
    lab = await TestLab.restored("small");
  });
  afterAll(async () => {
    await lab.destroy();
  });

  const worker = (): Promise<Node> => lab.get<Node>(["node", "k8s-2"]);
  const setPatch = (patch: object | undefined): void => {
    lab.changeConfig({ patches: () => ({ worker: patch === undefined ? [] : [patch] }) });
  };

  it("is set on a worker where its kubelet may not, beside what others have set", async () => {
    await lab.ok("kubectl", "taint", "node", "k8s-2", "example.com/mine=yes:PreferNoSchedule");
    setPatch({
      machine: {
        nodeLabels: { [role]: "", "example.com/rack": "2" },
        nodeTaints: { dedicated: "gpu:PreferNoSchedule" },
      },
    });
    await lab.finish();
    const { metadata, spec } = await worker();
    expect(metadata.labels[role]).toBe("");
    expect(metadata.labels["example.com/rack"]).toBe("2");
    const taints = spec.taints?.map(({ key, value }) => `${key}=${value ?? ""}`).sort();
    expect(taints).toStrictEqual(["dedicated=gpu", "example.com/mine=yes"]);
    assertNoChange(await lab.previewed());
  });

  it("fails the run with machine, what, declared and found when somebody else has set it otherwise", async () => {
    await lab.ok("kubectl", "label", "node", "k8s-2", "example.com/zone=kitchen");
    setPatch({ machine: { nodeLabels: { [role]: "", "example.com/zone": "attic" } } });
    const { code, output } = await lab.up();
    assert.equal(code, 1, output);
    expect(output).toMatch(/k8s-2: label example\.com\/zone is "kitchen", declared is "attic"/);
    expect(output).toMatch(/kubectl label node k8s-2 example\.com\/zone-/);
    await lab.ok("kubectl", "label", "node", "k8s-2", "example.com/zone-");
    await lab.finish();
    expect((await worker()).metadata.labels["example.com/zone"]).toBe("attic");
  });

  it("is taken back when the lines go, and nothing else", async () => {
    setPatch(undefined);
    await lab.finish();
    const { metadata, spec } = await worker();
    expect(
      [role, "example.com/rack", "example.com/zone"].filter((key) => key in metadata.labels),
    ).toStrictEqual([]);
    expect(spec.taints?.map(({ key }) => key)).toStrictEqual(["example.com/mine"]);
  });

  it("moves the endpoint: both names, all clients, then the new name alone", async () => {
    const address = lab.layout.machines[0]?.address ?? "";
    const before = new URL((await kubeconfig()).server).hostname;
    const token = await lab.ok("kubectl", "create", "token", "default", "--duration=1h");
    lab.changeConfig({ cluster: (cluster) => ({ ...cluster, endpoint: `https://${address}:6443` }) });
    const { output } = await lab.finish();
    expect(output).toMatch(/cluster\.endpoint moves from /);
    expect((await kubeconfig()).server).toBe(`https://${address}:6443`);
    expect((await lab.ok("pulumi", "stack", "output", "endpoint")).trim()).toBe(`https://${address}:6443`);
    expect(await certificateNames(address)).toContain(before);
    // Tokens that pods hold must go on: Cilium's and Flux's are such.
    expect(await statusFor(token.trim(), address)).toBe(200);

    await assertPreview(lab, [
      "talos-k8s-1-config update configPatches[5]",
      "talos-k8s-1-inspect update environment.CONFIG_HASH",
      "talos-k8s-1-member update environment.CONFIG_HASH",
    ]);
    await lab.finish();
    expect(await certificateNames(address)).not.toContain(before);
    assertNoChange(await lab.previewed());
  });

  async function kubeconfig(): Promise<{ readonly server: string }> {
    const text = await lab.ok("pulumi", "stack", "output", "kubeconfig", "--show-secrets");
    return { server: /server: (\S+)/.exec(text)?.[1] ?? "" };
  }
});

/** Names and addresses in the certificate of the API server at an address. */
async function certificateNames(address: string): Promise<readonly string[]> {
  return new Promise((resolve, reject) => {
    const socket = connect({ host: address, port: 6443, rejectUnauthorized: false }, () => {
      const { subjectaltname = "" } = socket.getPeerCertificate();
      socket.destroy();
      resolve(subjectaltname.split(", ").map((name) => name.replace(/^(DNS|IP Address):/, "")));
    });
    socket.once("error", reject);
  });
}

/** What an API server says to the holder of a token, as an HTTP status. */
async function statusFor(token: string, address: string): Promise<number | undefined> {
  return new Promise((resolve, reject) => {
    const options = { rejectUnauthorized: false, headers: { authorization: `Bearer ${token}` } };
    get(`https://${address}:6443/api`, options, (response) => {
      response.resume();
      resolve(response.statusCode);
    }).once("error", reject);
  });
}
