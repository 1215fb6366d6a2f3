// Members of etcd as the lab's machines run them, with the real etcd and without a lab: what a learner says, how it gets its
// vote, and what is said without a quorum. lab/README.md lists what the program relies on.
import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it, jest } from "@jest/globals";
import { setTimeout as delay } from "node:timers/promises";
import { issueCertificate } from "../../lab/kubernetes/certificates.ts";
import type { ControlPlaneFiles } from "../../lab/kubernetes/controlPlaneFiles.ts";
import { Etcd } from "../../lab/kubernetes/etcd.ts";
import { ensureLabTools } from "../../tools/labToolbox.ts";
import { freeNetwork, type TestNetwork } from "../lab/freeNetwork.ts";
import { newAuthority } from "../lab/kubernetes/authority.ts";

jest.setTimeout(120_000);

describe("a member of the lab's etcd", () => {
  let folder: string;
  let network: TestNetwork;
  let authority: { readonly crt: string; readonly key: string };
  let programs: { readonly etcd: string; readonly etcdutl: string };
  let first: Etcd;
  let second: Etcd;
  let third: Etcd;

  beforeAll(async () => {
    const { toolbox } = await ensureLabTools();
    programs = { etcd: toolbox.etcd ?? "", etcdutl: toolbox.etcdutl ?? "" };
    folder = mkdtempSync(join(tmpdir(), "etcd-members-"));
    network = await freeNetwork();
    authority = await newAuthority();
    [first, second, third] = [await memberAt(11), await memberAt(12), await memberAt(13)];
    await first.start("new");
  });
  afterAll(async () => {
    for (const member of [first, second, third]) await member.stop();
    rmSync(folder, { recursive: true });
  });

  async function memberAt(host: number, dataOf = host): Promise<Etcd> {
    const [name, address] = [`m${String(dataOf)}`, network.address(host)];
    const issue = (usages: readonly ("server" | "client")[]): ReturnType<typeof issueCertificate> =>
      issueCertificate(authority, { commonName: name, names: [address, "localhost"], usages });
    const [server, client] = [await issue(["server", "client"]), await issue(["client"])];
    const texts = {
      "etcd-ca.crt": authority.crt,
      "etcd.crt": server.crt,
      "etcd.key": server.key,
      "etcd-client.crt": client.crt,
      "etcd-client.key": client.key,
    };
    const files = Object.fromEntries(
      Object.entries(texts).map(([file, text]) => {
        const path = join(folder, `${String(host)}-${file}`);
        writeFileSync(path, text, { mode: 0o600 });
        return [file, path];
      }),
    ) as ControlPlaneFiles;
    const dataDir = join(folder, name);
    return new Etcd({ name, address, dataDir, files, logFile: join(folder, `${name}.log`), ...programs });
  }

  /** Adds the third one; etcd refuses while it has not seen the others for some seconds. */
  const added = (peerUrl: string): Promise<readonly string[]> =>
    until("the cluster is healthy", () => first.add("m13", peerUrl));

  /** Waits until a call succeeds. */
  async function until<T>(what: string, call: () => Promise<T>): Promise<T> {
    const end = Date.now() + 30_000;
    for (;;)
      try {
        return await call();
      } catch (error) {
        assert.ok(Date.now() < end, `${what}: ${String(error)}`);
        await delay(50);
      }
  }

  it("cannot leave as the last one", async () => {
    await expect(first.leave()).rejects.toMatchObject({
      code: "Unknown",
      message: expect.stringMatching(
        /^failed to leave cluster: 1 error\(s\) occurred:\s+failed to remove member \d+: etcdserver: re-configuration failed due to not enough started members$/,
      ),
    });
  });

  it("joins as a learner, of which there is one at a time and which answers only for itself", async () => {
    const members = await first.add("m12", second.peerUrl);
    await expect(first.add("m13", third.peerUrl)).rejects.toThrow(/too many learner members in cluster/);
    await second.start(members);
    expect(second.learner).toBe(true);
    await expect(second.members()).rejects.toThrow(/^etcdserver: rpc not supported for learner$/);
    expect((await second.status()).isLearner).toBe(true);
    // etcd lists them by their ids, which are random.
    const learners = new Map((await first.members()).map(({ hostname, isLearner }) => [hostname, isLearner]));
    expect([...learners].sort()).toStrictEqual([
      ["m11", false],
      ["m12", true],
    ]);
  });

  it("gets its vote, and the next one may join", async () => {
    const { memberId } = await second.status();
    await until("it catches up", () => first.promote(memberId));
    second.noteLearner((await second.status()).isLearner);
    expect(second.learner).toBe(false);
    expect((await second.members()).length).toBe(2);
    await third.start(await added(third.peerUrl));
  });

  it("takes the place of one of its name that has lost its data", async () => {
    await third.wipe();
    const members = await added(third.peerUrl);
    expect(members.length).toBe(3);
    await third.start(members);
    const { memberId } = await third.status();
    await until("it catches up", () => first.promote(memberId));
  });

  it("tells the others when it has another address", async () => {
    await third.stop();
    third = await memberAt(14, 13);
    await third.start();
    await until("it has a leader", () => third.advertise());
    const urls = (await first.members()).map(({ peerUrls }) => peerUrls[0]);
    assert.ok(urls.includes(`https://${network.address(14)}:2380`), urls.join(" "));
  });

  it("says that there is no leader without a quorum, and still how it is itself", async () => {
    await first.stop();
    await second.stop();
    await until("it notices", async () => {
      await expect(third.members()).rejects.toThrow(/^etcdserver: no leader$/);
    });
    const { leader, errors } = await third.status();
    expect([leader, errors]).toStrictEqual(["0", ["etcdserver: no leader"]]);
  });
});
