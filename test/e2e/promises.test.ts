// What the config promises is there afterwards: labels and taints of a worker, and an endpoint that moves.
import assert from "node:assert/strict";
import { get } from "node:https";
import { after, before, describe, it } from "node:test";
import { connect } from "node:tls";
import { assertPreview } from "./changes.ts";
import { assertNoChange, TestLab } from "./testLab.ts";

interface Node {
  readonly metadata: { readonly labels: Readonly<Record<string, string>> };
  readonly spec: { readonly taints?: readonly { readonly key: string; readonly value?: string }[] };
}

const role = "node-role.kubernetes.io/gpu";

await describe("what the stack config promises", { timeout: 900_000 }, async () => {
  let lab: TestLab;
  before(async () => {
    lab = await TestLab.restored("small");
  });
  after(async () => {
    await lab.destroy();
  });

  const worker = (): Promise<Node> => lab.get<Node>(["node", "k8s-2"]);
  const setPatch = (patch: object | undefined): void => {
    lab.changeConfig({ patches: () => ({ worker: patch === undefined ? [] : [patch] }) });
  };

  await it("is set on a worker where its kubelet may not, beside what others have set", async () => {
    await lab.ok("kubectl", "taint", "node", "k8s-2", "example.com/mine=yes:PreferNoSchedule");
    setPatch({
      machine: {
        nodeLabels: { [role]: "", "example.com/rack": "2" },
        nodeTaints: { dedicated: "gpu:PreferNoSchedule" },
      },
    });
    await lab.finish();
    const { metadata, spec } = await worker();
    assert.equal(metadata.labels[role], "");
    assert.equal(metadata.labels["example.com/rack"], "2");
    const taints = spec.taints?.map(({ key, value }) => `${key}=${value ?? ""}`).sort();
    assert.deepEqual(taints, ["dedicated=gpu", "example.com/mine=yes"]);
    assertNoChange(await lab.preview());
  });

  await it("fails the run with machine, what, declared and found when somebody else has set it otherwise", async () => {
    await lab.ok("kubectl", "label", "node", "k8s-2", "example.com/zone=kitchen");
    setPatch({ machine: { nodeLabels: { [role]: "", "example.com/zone": "attic" } } });
    const { code, output } = await lab.up();
    assert.equal(code, 1, output);
    assert.match(output, /k8s-2: label example\.com\/zone is "kitchen", declared is "attic"/);
    assert.match(output, /kubectl label node k8s-2 example\.com\/zone-/);
    await lab.ok("kubectl", "label", "node", "k8s-2", "example.com/zone-");
    await lab.finish();
    assert.equal((await worker()).metadata.labels["example.com/zone"], "attic");
  });

  await it("is taken back when the lines go, and nothing else", async () => {
    setPatch(undefined);
    await lab.finish();
    const { metadata, spec } = await worker();
    assert.deepEqual(
      [role, "example.com/rack", "example.com/zone"].filter((key) => key in metadata.labels),
      [],
    );
    assert.deepEqual(
      spec.taints?.map(({ key }) => key),
      ["example.com/mine"],
    );
  });

  await it("moves the endpoint: both names, all clients, then the new name alone", async () => {
    const address = lab.layout.machines[0]?.address ?? "";
    const before = new URL((await kubeconfig()).server).hostname;
    const token = await lab.ok("kubectl", "create", "token", "default", "--duration=1h");
    lab.changeConfig({ cluster: (cluster) => ({ ...cluster, endpoint: `https://${address}:6443` }) });
    const { output } = await lab.finish();
    assert.match(output, /cluster\.endpoint moves from /);
    assert.equal((await kubeconfig()).server, `https://${address}:6443`);
    assert.equal((await lab.ok("pulumi", "stack", "output", "endpoint")).trim(), `https://${address}:6443`);
    assert.ok((await certificateNames(address)).includes(before), "the old name is in the certificate");
    // Tokens that pods hold must go on: Cilium's and Flux's are such.
    assert.equal(await statusFor(token.trim(), address), 200);

    await assertPreview(lab, [
      "talos-k8s-1-config update configPatches[5]",
      "talos-k8s-1-inspect update environment.CONFIG_HASH",
      "talos-k8s-1-member update environment.CONFIG_HASH",
    ]);
    await lab.finish();
    assert.ok(!(await certificateNames(address)).includes(before), "the old name is out of the certificate");
    assertNoChange(await lab.preview());
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
