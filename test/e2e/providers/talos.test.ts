import assert from "node:assert/strict";
import { createHash, X509Certificate } from "node:crypto";
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "@jest/globals";
import { status } from "@grpc/grpc-js";
import { parse, parseAllDocuments } from "yaml";
import { certificateUntil, FakeMachine } from "./fakeMachine.ts";
import type { Authority } from "./fakeMachine.ts";
import { ensureLabTools } from "../../../tools/labToolbox.ts";
import { Plugin, revealed, secret, unknown, until } from "../../lab/providers/harness.ts";
import type { Wire } from "../../lab/providers/harness.ts";

const tokens = {
  secrets: "talos:machine/secrets:Secrets",
  apply: "talos:machine/configurationApply:ConfigurationApply",
  bootstrap: "talos:machine/bootstrap:Bootstrap",
  kubeconfig: "talos:cluster/kubeconfig:Kubeconfig",
  config: "talos:machine/getConfiguration:getConfiguration",
  talosconfig: "talos:client/getConfiguration:getConfiguration",
  urls: "talos:imageFactory/getUrls:getUrls",
} as const;

/** The stand-in with the talosctl of the lab. */
const start = async (): Promise<Plugin> =>
  Plugin.start("talos", { TALOSCTL: (await ensureLabTools()).toolbox.talosctl });

/** Takes all secret marks away. */
function plain(value: unknown): unknown {
  const inner = revealed(value);
  if (inner !== undefined) return plain(inner);
  if (Array.isArray(value)) return value.map(plain);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, plain(item)]));
}

const part = (value: unknown, ...path: string[]): unknown =>
  path.reduce((at, key) => (at as Wire)[key], value);

describe("the talos stand-in", () => {
  let plugin: Plugin;
  let made: Wire;
  let authority: Authority;
  let client: unknown;
  let base: string;

  beforeAll(async () => {
    plugin = await start();
    expect((await plugin.configure()).acceptsecrets).toBe(false);
    made = (await plugin.create(tokens.secrets, { talosVersion: "v1.12" })).outputs;
    const all = plain(made) as Wire;
    authority = part(all, "machineSecrets", "certs", "os") as Authority;
    client = secret(all["clientConfiguration"]);
    const { result } = await plugin.invoke(tokens.config, configArgs(all));
    base = result["machineConfiguration"] as string;
  });
  afterAll(() => plugin.stop());

  const configArgs = (all: Wire): Wire => ({
    clusterName: "lab",
    clusterEndpoint: "https://127.10.204.10:6443",
    machineType: "controlplane",
    machineSecrets: all["machineSecrets"],
    talosVersion: "v1.12",
    kubernetesVersion: "v1.35.4",
    docs: false,
    examples: false,
  });

  describe("secrets", () => {
    test("every key and token is secret, nothing else is", () => {
      const paths: string[] = [];
      const walk = (value: unknown, path: string): void => {
        if (revealed(value) !== undefined) paths.push(path);
        else if (typeof value === "object" && value !== null)
          for (const [key, item] of Object.entries(value)) walk(item, path === "" ? key : `${path}.${key}`);
      };
      walk(made, "");
      expect(paths.sort()).toStrictEqual([
        "clientConfiguration.clientKey",
        "machineSecrets.certs.etcd.key",
        "machineSecrets.certs.k8s.key",
        "machineSecrets.certs.k8sAggregator.key",
        "machineSecrets.certs.k8sServiceaccount.key",
        "machineSecrets.certs.os.key",
        "machineSecrets.cluster.secret",
        "machineSecrets.secrets.bootstrapToken",
        "machineSecrets.secrets.secretboxEncryptionSecret",
        "machineSecrets.trustdinfo.token",
      ]);
      const certificate = new X509Certificate(
        Buffer.from(part(made, "clientConfiguration", "clientCertificate") as string, "base64"),
      );
      expect(certificate.subject).toMatch(/O=os:admin/);
      expect(certificate.validToDate.getTime()).toBeGreaterThan(Date.now() + 360 * 24 * 3600 * 1000);
    });

    test("a preview knows the contract only", async () => {
      const { outputs } = await plugin.create(tokens.secrets, { talosVersion: "v1.12" }, { preview: true });
      expect(outputs).toStrictEqual({
        talosVersion: "v1.12",
        machineSecrets: unknown,
        clientConfiguration: unknown,
        id: unknown,
      });
    });

    test("the state says of which schema it is", () => {
      expect(made["__meta"]).toBe('{"schema_version":"1"}');
      expect(made["id"]).toBe("machine_secrets");
    });

    test("a lower contract is another cluster, a higher one is not", async () => {
      expect((await plugin.diff(tokens.secrets, made, { talosVersion: "v1.12" })).changes).toBe(false);
      expect((await plugin.diff(tokens.secrets, made, { talosVersion: "v1.11" })).replaces).toStrictEqual([
        "talosVersion",
      ]);
      expect(
        (await plugin.diff(tokens.secrets, { ...made, talosVersion: "v1.12.2" }, { talosVersion: "v1.12" }))
          .replaces,
      ).toStrictEqual(["talosVersion"]);
      const higher = await plugin.diff(tokens.secrets, made, { talosVersion: "v1.13" });
      expect([higher.changes, higher.replaces]).toStrictEqual([true, []]);
      const preview = await plugin.update(
        tokens.secrets,
        "machine_secrets",
        made,
        { talosVersion: "v1.13" },
        { preview: true },
      );
      expect([preview["machineSecrets"], preview["clientConfiguration"]]).toStrictEqual([unknown, unknown]);
      const updated = await plugin.update(tokens.secrets, "machine_secrets", made, { talosVersion: "v1.13" });
      expect(plain({ ...updated, talosVersion: "v1.12" })).toStrictEqual(plain(made));
      expect((await plugin.check(tokens.secrets, { talosVersion: "latest" })).failures.join()).toMatch(
        /Invalid version/,
      );
    });

    test("a client certificate that ends within a month is renewed from the same CA", async () => {
      const soon = await certificateUntil(new Date(Date.now() + 10 * 24 * 3600 * 1000));
      const old = {
        ...made,
        clientConfiguration: { ...(made["clientConfiguration"] as Wire), clientCertificate: soon },
      };
      const { names, hasPaths, detailed } = await plugin.diff(tokens.secrets, old, { talosVersion: "v1.12" });
      expect([names, hasPaths, detailed]).toStrictEqual([["clientConfiguration"], false, {}]);
      const renewed = await plugin.update(tokens.secrets, "machine_secrets", old, { talosVersion: "v1.12" });
      expect(plain(renewed["machineSecrets"])).toStrictEqual(plain(made["machineSecrets"]));
      const pem = part(renewed, "clientConfiguration", "clientCertificate") as string;
      const ca = new X509Certificate(Buffer.from(authority.cert, "base64"));
      expect(new X509Certificate(Buffer.from(pem, "base64")).verify(ca.publicKey)).toBeTruthy();
    });

    test("import from a secrets.yaml, and what is no such file", async () => {
      const folder = mkdtempSync(join(tmpdir(), "secrets-"));
      try {
        const path = join(folder, "secrets.yaml");
        const pairOf = (name: string): Wire => {
          const { cert, key } = part(plain(made), "machineSecrets", "certs", name) as Wire;
          return { ...(cert === undefined ? {} : { crt: cert }), key };
        };
        const all = part(plain(made), "machineSecrets") as Record<string, Wire>;
        writeFileSync(
          path,
          JSON.stringify({
            cluster: all["cluster"],
            secrets: {
              bootstraptoken: all["secrets"]?.["bootstrapToken"],
              secretboxencryptionsecret: all["secrets"]?.["secretboxEncryptionSecret"],
            },
            trustdinfo: all["trustdinfo"],
            certs: {
              etcd: pairOf("etcd"),
              k8s: pairOf("k8s"),
              k8saggregator: pairOf("k8sAggregator"),
              k8sserviceaccount: pairOf("k8sServiceaccount"),
              os: pairOf("os"),
            },
          }),
        );
        const found = await plugin.read(tokens.secrets, path);
        expect(found.id).toBe("machine_secrets");
        expect(found.inputs).toStrictEqual({ talosVersion: "v1.3" });
        expect(plain(found.outputs["machineSecrets"])).toStrictEqual(all);
        writeFileSync(path, "cluster: {}");
        await expect(plugin.read(tokens.secrets, path)).rejects.toThrow(/it is no secrets bundle/);
        await expect(plugin.read(tokens.secrets, `${path}.no`)).rejects.toThrow(
          /failed to import state: stat .*: no such file or directory/,
        );
      } finally {
        rmSync(folder, { recursive: true });
      }
    });
  });

  describe("functions", () => {
    test("a machine config is the real one, with patches", async () => {
      const config = parseAllDocuments(base)[0]?.toJS() as Wire;
      expect(part(config, "machine", "type")).toBe("controlplane");
      expect(part(config, "machine", "kubelet", "image")).toBe("ghcr.io/siderolabs/kubelet:v1.35.4");
      expect(part(config, "cluster", "id")).toBe(part(made, "machineSecrets", "cluster", "id"));
      const args = {
        ...configArgs(plain(made) as Wire),
        configPatches: ['{"machine":{"network":{"hostname":"k8s-1"}}}'],
      };
      const { result } = await plugin.invoke(tokens.config, args);
      expect(result["machineConfiguration"] as string).toMatch(/hostname: k8s-1/);
    });

    test("bad arguments are named; a wrong endpoint fails the call, and no Kubernetes is too new", async () => {
      const args = configArgs(plain(made) as Wire);
      await expect(plugin.invoke(tokens.config, { ...args, clusterEndpoint: "127.0.0.1" })).rejects.toThrow(
        /^cluster_endpoint is invalid: no scheme and port specified for the cluster endpoint URL\ntry: "https:\/\/127\.0\.0\.1:6443"/,
      );
      const newer = await plugin.invoke(tokens.config, { ...args, kubernetesVersion: "v1.36.1" });
      expect(newer.result["machineConfiguration"] as string).toMatch(/kubelet:v1\.36\.1/);
      const wrong = await plugin.invoke(tokens.config, { machineType: "init" });
      expect(wrong.failures.length).toBe(4);
    });

    test("a patch that does not fit fails in the provider's words, without the config", async () => {
      const args = { ...configArgs(plain(made) as Wire), configPatches: ['{"machine":{"nope":1}}'] };
      await assert.rejects(plugin.invoke(tokens.config, args), (error: Error) => {
        expect(error.message).toMatch(
          /^config_patches are invalid: error decoding document \/v1alpha1\/ \(line 1\): unknown keys found during decoding/,
        );
        expect(error.message).not.toContain(authority.key);
        return true;
      });
    });

    test("talosconfig and image factory names", async () => {
      const { result } = await plugin.invoke(tokens.talosconfig, {
        clusterName: "lab",
        clientConfiguration: part(plain(made), "clientConfiguration"),
        endpoints: ["127.10.204.11"],
        nodes: ["127.10.204.21"],
      });
      const config = parse(result["talosConfig"] as string) as Wire;
      expect(part(config, "contexts", "lab", "nodes")).toStrictEqual(["127.10.204.21"]);
      expect(part(config, "contexts", "lab", "ca")).toBe(authority.cert);
      const urls = await plugin.invoke(tokens.urls, {
        schematicId: "abc",
        talosVersion: "1.12.0",
        platform: "metal",
      });
      expect(part(urls.result, "urls", "installer")).toBe("factory.talos.dev/metal-installer/abc:v1.12.0");
    });

    test("secrets lie in no file once the work is done", () => {
      const leftovers = readdirSync("/dev/shm").filter((name) =>
        name.startsWith(`home-ops-talos-provider-${plugin.process.pid}-`),
      );
      expect(leftovers.length).toBe(1);
      expect(readdirSync(join("/dev/shm", leftovers[0] as string))).toStrictEqual([]);
    });
  });

  describe("with a machine", () => {
    let machine: FakeMachine;
    let inputs: Wire;
    beforeEach(async () => {
      machine = new FakeMachine("127.10.204.11");
      await machine.start();
      inputs = {
        node: machine.address,
        endpoint: machine.endpoint,
        clientConfiguration: client,
        machineConfigurationInput: secret(base),
        configPatches: ['{"machine":{"network":{"hostname":"k8s-1"}}}'],
        onDestroy: { reset: true, graceful: false, reboot: true },
      };
    });
    afterEach(() => machine.stop());

    test("apply: planned in the preview, sent without a certificate in maintenance mode", async () => {
      const { failures } = await plugin.check(tokens.apply, inputs);
      expect(failures).toStrictEqual([]);
      const preview = (await plugin.create(tokens.apply, inputs, { preview: true })).outputs;
      expect(machine.calls).toStrictEqual([]);
      const config = revealed(preview["machineConfiguration"]) as string;
      expect(config).toMatch(/hostname: k8s-1/);
      expect(preview["machineConfigurationHash"]).toBe(createHash("sha256").update(config).digest("hex"));
      const { id, outputs } = await plugin.create(tokens.apply, inputs);
      expect(id).toBe("machine_configuration_apply");
      expect({ ...outputs, id: unknown }).toStrictEqual(preview);
      expect([outputs["applyMode"], outputs["resolvedApplyMode"], outputs["endpoint"]]).toStrictEqual([
        "auto",
        "auto",
        machine.endpoint,
      ]);
      expect(machine.calls).toStrictEqual([
        "Disks insecure node=127.10.204.11",
        "ApplyConfiguration insecure node=127.10.204.11",
        "  mode=AUTO dry_run=false",
      ]);
      expect(machine.config).toBe(config);
      expect((await plugin.diff(tokens.apply, outputs, inputs)).changes).toBe(false);
      const changed = await plugin.diff(tokens.apply, outputs, {
        ...inputs,
        configPatches: [],
        node: "127.10.204.12",
      });
      expect(changed.replaces).toStrictEqual([]);
      expect([[...changed.names].sort(), changed.hasPaths, changed.detailed]).toStrictEqual([
        ["configPatches", "machineConfiguration", "machineConfigurationHash", "node"],
        false,
        {},
      ]);
      const limits = await plugin.diff(tokens.apply, outputs, { ...inputs, timeouts: { create: "5m" } });
      expect([limits.names, limits.replaces]).toStrictEqual([["timeouts"], []]);
    });

    test("apply: marks are the schema's, not the caller's", async () => {
      const marked = { ...inputs, configPatches: secret(inputs["configPatches"]) };
      const checked = (await plugin.check(tokens.apply, marked)).inputs;
      expect(checked["configPatches"]).toStrictEqual(inputs["configPatches"]);
      expect(revealed(checked["machineConfigurationInput"])).toBe(base);
      const { clientKey, caCertificate } = checked["clientConfiguration"] as Wire;
      expect([typeof revealed(clientKey), typeof caCertificate]).toStrictEqual(["string", "string"]);
      const { outputs } = await plugin.create(tokens.apply, marked, { preview: true });
      expect(outputs["configPatches"]).toStrictEqual(inputs["configPatches"]);
    });

    test("apply: an update whose config is not known yet keeps the old one", async () => {
      const { outputs } = await plugin.create(tokens.apply, inputs);
      const updated = await plugin.update(
        tokens.apply,
        "machine_configuration_apply",
        outputs,
        { ...inputs, machineConfigurationInput: unknown },
        { preview: true },
      );
      expect(updated["machineConfiguration"]).toStrictEqual(outputs["machineConfiguration"]);
      expect(updated["machineConfigurationHash"]).toBe(outputs["machineConfigurationHash"]);
    });

    test("apply: unknown inputs, onDestroy's defaults, missing inputs, a patch that does not fit", async () => {
      const { outputs } = await plugin.create(
        tokens.apply,
        {
          ...inputs,
          clientConfiguration: unknown,
          machineConfigurationInput: unknown,
          onDestroy: { reset: true },
        },
        { preview: true },
      );
      expect(revealed(outputs["machineConfiguration"])).toBe(unknown);
      expect(outputs["machineConfigurationHash"]).toBe(unknown);
      expect(outputs["onDestroy"]).toStrictEqual({ reset: true, graceful: true, reboot: false });
      const missing = { endpoint: "x", applyMode: "loud", nope: 1, timeouts: { create: "soon" } };
      await expect(plugin.check(tokens.apply, missing)).rejects.toThrow(
        /^Missing machine configuration input: Exactly one of machine_configuration_input or machine_configuration_input_wo must be set$/,
      );
      await expect(
        plugin.check(tokens.apply, { ...missing, machineConfigurationInput: "x" }),
      ).rejects.toThrow(/^Missing client configuration: Exactly one of/);
      const wrong = await plugin.check(tokens.apply, { ...inputs, applyMode: "loud" });
      expect(wrong.failures.join()).toMatch(/^'applyMode' must be one of /);
      const later = await plugin.check(tokens.apply, {
        ...inputs,
        onDestroy: { reset: unknown },
        timeouts: { create: "soon" },
      });
      expect(later.failures.join("\n")).toMatch(/^time: invalid duration "soon"[^]*Value Conversion Error/);
      // A misspelled input is found by nobody but tsc.
      const dropped = await plugin.check(tokens.apply, { ...inputs, nope: 1, onDestroy: { nope: 1 } });
      expect([dropped.failures, dropped.inputs["nope"], dropped.inputs["onDestroy"]]).toStrictEqual([
        [],
        undefined,
        {},
      ]);
      await expect(
        plugin.create(
          tokens.apply,
          { ...inputs, configPatches: ['{"machine":{"nope":1}}'] },
          { preview: true },
        ),
      ).rejects.toThrow(
        /^1 error occurred:\n\t\* : Error loading config patches - error decoding document \/v1alpha1\/ \(line 1\): unknown keys found during decoding:\nmachine:\n {4}nope: 1\n\n\n$/,
      );
    });

    test("apply: a configured machine gets the certificate; everything but InvalidArgument is tried again", async () => {
      await machine.start(authority);
      machine.refusals.set("ApplyConfiguration", [{ code: status.FAILED_PRECONDITION, details: "busy" }]);
      await plugin.update(tokens.apply, "machine_configuration_apply", {}, inputs);
      // The probe without a certificate does not get as far as a call.
      expect(machine.calls).toStrictEqual([
        "ApplyConfiguration mutual node=127.10.204.11",
        "ApplyConfiguration mutual node=127.10.204.11",
        "  mode=AUTO dry_run=false",
      ]);
      machine.refusals.set("ApplyConfiguration", [
        { code: status.INVALID_ARGUMENT, details: "unknown keys" },
      ]);
      await expect(plugin.create(tokens.apply, inputs)).rejects.toThrow(
        /^Error applying configuration: rpc error: code = InvalidArgument desc = unknown keys$/,
      );
    });

    test("apply: a machine that is off ends with the last error when the time is over", async () => {
      machine.stop();
      const refused =
        /Error applying configuration: rpc error: code = Unavailable desc = connection error: desc = "transport: Error while dialing: dial tcp 127\.10\.204\.11:\d+: connect: connection refused"/;
      await assert.rejects(
        plugin.create(tokens.apply, { ...inputs, timeouts: { create: "700ms" } }),
        refused,
      );
      // The engine's customTimeouts end nothing.
      const before = Date.now();
      const limited = { ...inputs, timeouts: { create: "2s" } };
      await assert.rejects(plugin.create(tokens.apply, limited, { timeout: 1 }), refused);
      expect(Date.now() - before).toBeGreaterThanOrEqual(1_900);
    });

    test("apply: staged_if_needing_reboot asks the machine, already in the preview", async () => {
      machine.applyMode = "REBOOT";
      plugin.logs.length = 0;
      const { outputs } = await plugin.create(
        tokens.apply,
        { ...inputs, applyMode: "staged_if_needing_reboot" },
        { preview: true },
      );
      expect(outputs["resolvedApplyMode"]).toBe("staged");
      expect(machine.calls.at(-1)).toBe("  mode=AUTO dry_run=true");
      expect(plugin.logs[0]?.message ?? "").toMatch(/Reboot prevented - using staged mode/);
      machine.stop();
      const off = await plugin.create(
        tokens.apply,
        { ...inputs, applyMode: "staged_if_needing_reboot" },
        { preview: true },
      );
      expect(off.outputs["resolvedApplyMode"]).toBe("auto");
    });

    test("destroy: the tracker's sequence, until the machine is back in maintenance mode", async () => {
      await machine.start(authority);
      machine.onReset = async () => {
        const task = Buffer.concat([Buffer.from([0x0a, 15]), Buffer.from("stopAllServices")]);
        machine.event("TaskEvent", task, "somebody else");
        machine.event("TaskEvent", task, "actor-1");
        await until("the end of the event stream or the next probe", () => machine.calls.length > 6);
        machine.bootId = "boot-2";
        await machine.start();
      };
      await plugin.delete(tokens.apply, "machine_configuration_apply", inputs);
      expect(machine.calls.slice(0, 6)).toStrictEqual([
        "Version mutual nodes=127.10.204.11",
        "Events mutual nodes=127.10.204.11",
        "Read mutual nodes=127.10.204.11",
        "  path=/proc/sys/kernel/random/boot_id",
        "Reset mutual nodes=127.10.204.11",
        '  {"system_partitions_to_wipe":[{"label":"STATE","wipe":true},{"label":"EPHEMERAL","wipe":true}],"user_disks_to_wipe":[],"graceful":false,"reboot":true,"mode":"ALL"}',
      ]);
    });

    test("destroy: fails when the sequence fails, when the machine is off, and in maintenance mode", async () => {
      await machine.start(authority);
      machine.onReset = async () => {
        const message = Buffer.from("last etcd member");
        const error = Buffer.concat([Buffer.from([0x12, message.length]), message]);
        machine.event("SequenceEvent", Buffer.concat([Buffer.from([0x1a, error.length]), error]), "actor-1");
      };
      await expect(plugin.delete(tokens.apply, "id", inputs)).rejects.toThrow(
        /Error resetting machine: sequence error: last etcd member/,
      );
      await machine.start();
      machine.refusals.set("Reset", [{ code: status.PERMISSION_DENIED, details: "not authorized" }]);
      await expect(plugin.delete(tokens.apply, "id", inputs)).rejects.toThrow(
        /code = PermissionDenied desc = not authorized/,
      );
      machine.stop();
      await expect(plugin.delete(tokens.apply, "id", inputs)).rejects.toThrow(
        /Error resetting machine: .*connection refused/,
      );
      await plugin.delete(tokens.apply, "id", {
        ...inputs,
        onDestroy: { reset: false, graceful: true, reboot: true },
      });
    });

    test("bootstrap: once; AlreadyExists is tried again until the time is over; import", async () => {
      await machine.start(authority);
      const { node, endpoint, clientConfiguration } = inputs;
      const own = { node, endpoint, clientConfiguration };
      const { id, outputs } = await plugin.create(tokens.bootstrap, own);
      expect(id).toBe("machine_bootstrap");
      expect(machine.calls).toStrictEqual(["Bootstrap mutual node=127.10.204.11"]);
      expect((await plugin.diff(tokens.bootstrap, outputs, own)).changes).toBe(false);
      await plugin.update(tokens.bootstrap, id, outputs, { ...own, node: "127.10.204.12" });
      expect(machine.calls.length).toBe(1);
      const exists = { code: status.ALREADY_EXISTS, details: "etcd data directory is not empty" };
      machine.refusals.set("Bootstrap", [exists, exists, exists, exists]);
      await expect(
        plugin.create(tokens.bootstrap, { ...own, timeouts: { create: "700ms" } }),
      ).rejects.toThrow(
        /Error bootstrapping node: rpc error: code = AlreadyExists desc = etcd data directory is not empty/,
      );
      expect(machine.calls.length).toBeGreaterThanOrEqual(3);
      expect((await plugin.read(tokens.bootstrap, "anything")).id).toStrictEqual("machine_bootstrap");
    });

    test("kubeconfig: fetched once, again near its end", async () => {
      await machine.start(authority);
      const fileUntil = async (days: number): Promise<string> =>
        JSON.stringify({
          "current-context": "admin@lab",
          contexts: [{ name: "admin@lab", context: { cluster: "lab", user: "admin@lab" } }],
          clusters: [
            {
              name: "lab",
              cluster: { server: "https://127.10.204.10:6443", "certificate-authority-data": "Y2E=" },
            },
          ],
          users: [
            {
              name: "admin@lab",
              user: {
                "client-certificate-data": await certificateUntil(
                  new Date(Date.now() + days * 24 * 3600 * 1000),
                ),
                "client-key-data": "a2V5",
              },
            },
          ],
        });
      const own = { node: inputs["node"], endpoint: inputs["endpoint"], clientConfiguration: client };
      const preview = await plugin.create(tokens.kubeconfig, own, { preview: true });
      expect(revealed(preview.outputs["kubeconfigRaw"])).toBe(unknown);
      expect(preview.outputs["certificateRenewalDuration"]).toBe("720h");
      machine.kubeconfig = await fileUntil(365);
      const { id, outputs } = await plugin.create(tokens.kubeconfig, own);
      expect(id).toBe("lab");
      expect(revealed(outputs["kubeconfigRaw"])).toBe(machine.kubeconfig);
      const parts = outputs["kubernetesClientConfiguration"] as Wire;
      expect([parts["host"], parts["caCertificate"], revealed(parts["clientKey"])]).toStrictEqual([
        "https://127.10.204.10:6443",
        "Y2E=",
        "a2V5",
      ]);
      expect((await plugin.diff(tokens.kubeconfig, outputs, own)).changes).toBe(false);
      const calls = machine.calls.length;
      const kept = await plugin.update(tokens.kubeconfig, id, outputs, { ...own, node: "127.10.204.12" });
      expect(kept["kubeconfigRaw"]).toStrictEqual(outputs["kubeconfigRaw"]);
      expect(machine.calls.length).toBe(calls);
      machine.kubeconfig = await fileUntil(10);
      const ending = (await plugin.create(tokens.kubeconfig, own)).outputs;
      const due = await plugin.diff(tokens.kubeconfig, ending, own);
      assert.ok(due.changes && due.names.includes("kubeconfigRaw"));
      machine.kubeconfig = await fileUntil(365);
      const renewed = await plugin.update(tokens.kubeconfig, id, ending, own);
      expect(revealed(renewed["kubeconfigRaw"])).toBe(machine.kubeconfig);
    });

    test("a cancelled operation ends at once", async () => {
      const other = await start();
      try {
        await other.configure();
        machine.stop();
        const work = other.create(tokens.apply, inputs);
        const failed = expect(work).rejects.toThrow(/context canceled|connection refused/);
        // Long enough to be between two tries; the default limit is ten minutes.
        await new Promise((resolve) => setTimeout(resolve, 300));
        await other.cancel();
        await failed;
      } finally {
        await other.stop();
      }
    });
  });

  test("a stopped plugin leaves no folder behind", async () => {
    const other = await start();
    await other.configure();
    await other.create(tokens.secrets, {});
    const pid = other.process.pid;
    await other.stop();
    expect(readdirSync("/dev/shm").filter((name) => name.includes(`-${pid}-`))).toStrictEqual([]);
  });
});
