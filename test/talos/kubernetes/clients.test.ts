// What the upgrade steps take from a machine into this process: a kubeconfig, and a snapshot of etcd.
import assert from "node:assert/strict";
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "@jest/globals";
import { Decrypter, generateX25519Identity, identityToRecipient } from "age-encryption";
import type { StepError } from "../../../src/steps/stepError.ts";
import { anyApi, clusterApi } from "../../../src/talos/kubernetes/clusterApi.ts";
import { ensureSnapshot } from "../../../src/talos/etcd/snapshot.ts";
import { etcdService, failure, fakeTalosctl, quietStep, type Answer } from "../../fakes/clients.ts";

const project = process.cwd();
const machines = [1, 2].map((n) => ({ name: `k8s-${String(n)}`, address: `127.0.0.1${String(n)}` }));
const [first] = machines as [(typeof machines)[number]];

/** Port 1 of loopback addresses, where nobody listens. */
const kubeconfig = `apiVersion: v1
kind: Config
clusters:
- name: test
  cluster:
    server: https://127.0.0.1:1
contexts:
- name: test
  context: {cluster: test, user: admin}
current-context: test
users:
- name: admin
  user: {token: hush}
`;

describe("the cluster's API before a run has a kubeconfig", () => {
  /** Control planes that give a kubeconfig, or not. */
  const gives =
    (given: (address: string) => boolean): Answer =>
    (address, command) => {
      if (command === "service etcd") return etcdService("Running", "OK");
      const [, file = ""] = /^kubeconfig (\S+) --force --merge=false$/.exec(command) ?? [];
      if (file === "" || !given(address)) return undefined;
      writeFileSync(file, kubeconfig);
      return "";
    };

  it("is that of the first control plane that gives a kubeconfig, which is kept off the screen", async () => {
    const { step } = quietStep();
    const hidden: string[] = [];
    step.hide = (secret) => void hidden.push(secret);
    const talosctl = fakeTalosctl(gives((address) => address === "127.0.0.12"));
    const api = await clusterApi({ step, talosctl, controlPlanes: machines });
    expect(hidden).toStrictEqual([kubeconfig]);
    await expect(api?.version()).rejects.toThrow(/ECONNREFUSED/);
  });

  it("is not made up where none gives one", () =>
    assert.rejects(
      anyApi({
        step: quietStep().step,
        talosctl: fakeTalosctl(gives(() => false)),
        controlPlanes: machines,
      }),
      (error: StepError) => {
        expect(error.message).toBe(
          "no control plane gives a kubeconfig: k8s-1: Unavailable: connection refused; k8s-2: Unavailable: connection refused",
        );
        return true;
      },
    ));
});

describe("a snapshot of etcd", () => {
  let folder: string;
  let identity: string;
  beforeEach(async () => {
    folder = mkdtempSync(join(tmpdir(), "home-ops-snapshot-"));
    process.chdir(folder);
    identity = await generateX25519Identity();
  });
  afterEach(() => {
    process.chdir(project);
    rmSync(folder, { recursive: true });
  });

  const asked: string[] = [];
  const take = async (answer: (file: string) => ReturnType<Answer>): Promise<readonly string[]> => {
    const { step, lines } = quietStep();
    const files: string[] = [];
    const { secretFile } = step;
    step.secretFile = (name, content) => {
      const file = secretFile.call(step, name, content);
      files.push(file);
      return file;
    };
    asked.length = 0;
    const talosctl = fakeTalosctl((address, command) => {
      asked.push(`${address} ${command}`);
      return answer(command.split(" ").at(-1) ?? "");
    });
    const recipients = [await identityToRecipient(identity)];
    await ensureSnapshot({ step, talosctl }, first, {
      stack: "home",
      recipients,
      target: "Talos v1.13.0",
    }).finally(() => {
      // In clear it is nowhere any more, however it ended.
      for (const file of files) expect(() => readFileSync(file)).toThrow(/ENOENT/);
    });
    return lines;
  };

  it("is encrypted before it is written, and taken once for a target", async () => {
    const lines = await take((file) => {
      // talosctl refuses to write over a file.
      writeFileSync(file, "the database", { flag: "wx" });
      return "";
    });
    const [name = ""] = readdirSync("backups/home").filter((file) => file.endsWith("-etcd.db.age"));
    expect(lines).toStrictEqual([`etcd snapshot of k8s-1: backups/home/${name}`]);
    const decrypter = new Decrypter();
    decrypter.addIdentity(identity);
    expect(await decrypter.decrypt(readFileSync(join("backups/home", name)), "text")).toBe("the database");
    expect(await take(() => failure("not asked"))).toStrictEqual([]);
    expect(asked).toStrictEqual([]);
  });

  it("that etcd does not give stops what comes, and leaves no backup", async () => {
    await expect(take(() => failure("rpc error: code = Internal desc = etcd is corrupt"))).rejects.toThrow(
      "k8s-1: etcd gives no snapshot: Internal: etcd is corrupt",
    );
    expect(readdirSync(".")).toStrictEqual([]);
    expect(asked[0]).toMatch(/^127\.0\.0\.11 etcd snapshot \S+$/);
  });
});
