// What can be wrong around an `up`: each ends in a bounded time with one message that names the thing, what was found and
// what to do. Nothing half-done is lost: after the repair one `up` finishes. Then what Flux says about the same mistakes
// when they happen in a running cluster.
import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it, jest } from "@jest/globals";
import { generateX25519Identity } from "age-encryption";
import type { KubeObject } from "./handOffFacts.ts";
import { assertNoChange, TestLab } from "./testLab.ts";

jest.setTimeout(900_000);

/** No failure may take longer, from the first line to the last. */
const boundSeconds = 60;

describe("a mistake around an up", () => {
  let lab: TestLab;
  beforeAll(async () => {
    lab = await TestLab.start("faults");
  });
  afterAll(async () => {
    await lab.destroy();
  });

  /** One up that must fail, with all these in its output, and with the next step. */
  async function fails(expected: readonly RegExp[], env: NodeJS.ProcessEnv = {}): Promise<void> {
    const { code, output, seconds } = await lab.up(env);
    assert.notEqual(code, 0, output);
    expect(seconds).toBeLessThan(boundSeconds);
    for (const pattern of expected) expect(output).toMatch(pattern);
  }

  type Change = Record<string, (value: object) => unknown>;
  const withConfig = (changes: Change, test: () => Promise<void>): Promise<void> =>
    lab.withConfig(changes, test);

  it("all mistakes in the stack config at once, and no resource", () =>
    withConfig(
      { versions: (versions) => ({ ...versions, talos: "1.12" }), protect: () => "perhaps" },
      async () => {
        await fails([/versions\.talos/, /protect/]);
        // What the engine itself makes: of every program its stack, and of a question about that stack's last outputs a
        // provider of its own.
        const { resources } = (
          JSON.parse(await lab.ok("pulumi", "stack", "export")) as {
            deployment: { resources?: { type: string }[] };
          }
        ).deployment;
        const types = (resources ?? []).map(({ type }) => type);
        expect(
          types.filter((type) => !["pulumi:pulumi:Stack", "pulumi:providers:pulumi"].includes(type)),
        ).toStrictEqual([]);
      },
    ));

  it("a wrong GitHub token", () =>
    fails([/GitHub/, /401|Bad credentials/, /→ .*GITHUB_TOKEN/], { GITHUB_TOKEN: "github_pat_wrong" }));

  it("a GitHub token that may not register webhooks", () =>
    lab.withFault(["github-no-webhooks"], () =>
      fails([/webhook on home\/home-cluster: HTTP 403/, /→ give the token Webhooks: read and write/]),
    ));

  it("a missing repository", () =>
    withConfig({ github: (github) => ({ ...github, repository: "nothing-here" }) }, () =>
      fails([/home\/nothing-here/, /404|not there|no repository|does not exist/i, /→ /]),
    ));

  it("a Git host key that is not pinned", () =>
    lab.withFault(["git-other-host-key"], () => fails([/SHA256:/, /git\.knownHosts|pinned/, /→ /])));

  it("a wrong age key", () =>
    lab.withFile(
      join(lab.layout.secrets, "age.txt"),
      async () => `${await generateX25519Identity()}\n`,
      () => fails([/ageKeyFile/, /age1/]),
    ));

  it("a variable that nothing defines", () =>
    lab.withFile(
      join(lab.layout.repo, "cluster", "flux", "vars", "cluster-settings.yaml"),
      (right) => right.replace("  INGRESS_CLASS: traefik\n", ""),
      () => fails([/\$\{INGRESS_CLASS\}/, /helmrelease\.yaml:\d+/, /flux\/vars/]),
    ));

  it("a machine that is off", async () => {
    await lab.withFault(["off", "k8s-2"], () => fails([/k8s-2/, /127\.10\.\d+\.21/, /→ /]));
    await lab.until("k8s-2", async () =>
      (await lab.status()).machines.every(({ state }) => state === "maintenance"),
    );
  });

  it("a wrong address", () =>
    withConfig(
      {
        nodes: (nodes) =>
          (nodes as { name: string; address: string }[]).map((node) =>
            node.name === "k8s-2" ? { ...node, address: node.address.replace(/\d+$/, "29") } : node,
          ),
      },
      () => fails([/k8s-2/, /127\.10\.\d+\.29/, /→ /]),
    ));

  it("an address that another cluster uses", () =>
    lab.withFault(["foreign", "k8s-2"], () => fails([/k8s-2/, /another cluster|other cluster/, /→ /])));

  it("is behind after one up", async () => {
    const { output } = await lab.finish();
    expect(output).toMatch(/Flux runs the cluster from Git/);
  });

  it("a token that has expired since, though nothing changes", () =>
    fails([/401|Bad credentials/, /→ .*GITHUB_TOKEN/], { GITHUB_TOKEN: "github_pat_expired" }));

  it("a deploy key that the Git host takes no longer, though nothing changes", () =>
    lab.withFault(["git-refuses-keys"], () =>
      fails([
        /everything of this run is done, but Flux does not bring what Git says: GitRepository home-cluster/,
        /→ the Git host refused the deploy key/,
      ]),
    ));

  it("is no mistake when a site is down that nothing needs", async () => {
    for (const fault of ["github-down", "host-down:helm.cilium.io"])
      await lab.withFault([fault], async () => {
        const run = await lab.finish();
        assertNoChange(run);
        if (fault === "github-down") expect(run.output).toMatch(/does not answer: .*this run goes on/);
      });
  });

  it("a destroy while protect is true deletes nothing", () =>
    withConfig({ protect: () => true }, async () => {
      await lab.finish();
      const before = await lab.ok("pulumi", "stack", "--show-urns");
      const { code, output } = await lab.destroyStack();
      assert.notEqual(code, 0, output);
      expect(output).toMatch(/::protection" cannot be deleted/);
      expect(urnsIn(await lab.ok("pulumi", "stack", "--show-urns"))).toBe(urnsIn(before));
      const ours = await lab.run("npm", ["run", "-s", "destroy", "--", "--yes", "--skip-preview"]);
      assert.notEqual(ours.code, 0, ours.output);
      expect(ours.output).toMatch(/is protected: nothing has been destroyed\n {2}→ set protect: false/);
    }));

  it("and one up lifts the protection again", async () => {
    assertNoChange(await lab.finish());
  });

  /** All resources of a stack but the engine's own provider, which is nothing outside, and which the next run makes again. */
  function urnsIn(text: string): string {
    const all = text.match(/urn:pulumi:\S+/g) ?? [];
    return all
      .filter((urn) => !urn.endsWith("::pulumi:providers:pulumi::default"))
      .sort()
      .join("\n");
  }

  /** Says `reconcile now` to a Flux object and waits for its Ready condition. */
  async function reconciled(kind: string, name: string, status: string, message: RegExp): Promise<void> {
    const at = String(Date.now());
    await lab.ok(
      "kubectl",
      "annotate",
      "--overwrite",
      "-n",
      "flux-system",
      kind,
      name,
      `reconcile.fluxcd.io/requestedAt=${at}`,
    );
    await lab.until(
      `${kind} ${name} ${status} ${String(message)}`,
      async () => {
        const object = await lab.get<KubeObject>([kind, name, "-n", "flux-system"]);
        const ready = object.status?.conditions?.find(({ type }) => type === "Ready") as
          { status: string; message?: string } | undefined;
        return ready?.status === status && message.test(ready.message ?? "");
      },
      150,
    );
  }

  /** Takes a Secret out of flux-system, or changes it, for the time of a test. */
  async function withSecret(
    name: string,
    change: (secret: KubeObject) => KubeObject | undefined,
    test: () => Promise<void>,
  ): Promise<void> {
    const before = await lab.get<KubeObject & { metadata: Record<string, unknown> }>([
      "secret",
      name,
      "-n",
      "flux-system",
    ]);
    const {
      resourceVersion: _version,
      uid: _uid,
      creationTimestamp: _created,
      ...metadata
    } = before.metadata as Record<string, unknown>;
    const right = { ...before, metadata };
    const wrong = change(right as unknown as KubeObject);
    const file = join(lab.layout.secrets, "changed.json");
    await lab.ok("kubectl", "delete", "secret", name, "-n", "flux-system");
    try {
      if (wrong !== undefined) {
        writeFileSync(file, JSON.stringify(wrong), { mode: 0o600 });
        await lab.ok("kubectl", "create", "-f", file);
      }
      await test();
    } finally {
      writeFileSync(file, JSON.stringify(right), { mode: 0o600 });
      if (wrong !== undefined) await lab.ok("kubectl", "delete", "secret", name, "-n", "flux-system");
      await lab.ok("kubectl", "create", "-f", file);
    }
  }

  const encoded = (text: string): string => Buffer.from(text).toString("base64");

  it("14. without cluster-secrets apps wait, and the root, which takes no variables, brings it back", async () => {
    await lab.ok("kubectl", "delete", "secret", "cluster-secrets", "-n", "flux-system");
    await reconciled(
      "kustomization",
      "metrics-server",
      "False",
      /substitute from 'Secret\/cluster-secrets' error/,
    );
    await reconciled("kustomization", "cluster", "True", /Applied revision/);
    await reconciled("kustomization", "metrics-server", "True", /Applied revision/);
  });

  it("14b. a name of a variable that Flux refuses is cured by the commit that corrects it", async () => {
    const settings = "cluster/flux/vars/cluster-settings.yaml";
    const fetched = async (): Promise<void> =>
      reconciled("gitrepository", "home-cluster", "True", /stored artifact/);
    await lab.commit("a bad name", { [settings]: (text) => `${text}  smtp-relay-host: mail\n` });
    await fetched();
    await reconciled("kustomization", "cluster", "True", /Applied revision/);
    await reconciled("kustomization", "metrics-server", "False", /'smtp-relay-host' var name is invalid/);
    const { code, output } = await lab.run("npm", ["run", "-s", "doctor", "--", "--cluster"]);
    assert.equal(code, 1, output);
    expect(output).toMatch(/^1\. Kustomization flux-system\/[\w-]+ fails: variable smtp-relay-host$/m);
    expect(output).toMatch(
      /→ Flux refuses the name of the variable smtp-relay-host: .*ConfigMap cluster-settings/,
    );

    await lab.commit("a good name", {
      [settings]: (text) => text.replace("smtp-relay-host", "SMTP_RELAY_HOST"),
    });
    await fetched();
    await reconciled("kustomization", "cluster", "True", /Applied revision/);
    await reconciled("kustomization", "metrics-server", "True", /Applied revision/);
  });

  it("15. a wrong known_hosts shows in the GitRepository", async () => {
    const otherHost = `[${lab.layout.servicesAddress}]:2222 ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIOMqqnkVzrm0SdG6UOoqKLsabgH5C9okWi0dh2l9GKJl\n`;
    await withSecret(
      "github-deploy-key",
      (secret) => ({ ...secret, data: { ...secret.data, known_hosts: encoded(otherHost) } }),
      () => reconciled("gitrepository", "home-cluster", "False", /knownhosts: key/),
    );
    await reconciled("gitrepository", "home-cluster", "True", /stored artifact/);
  });

  it("16. a wrong age key shows in the Kustomization", async () => {
    const other = await generateX25519Identity();
    await withSecret(
      "age-key",
      (secret) => ({ ...secret, data: { "age.agekey": encoded(other) } }),
      () => reconciled("kustomization", "smtp-relay", "False", /cannot get sops data key/i),
    );
    await reconciled("kustomization", "smtp-relay", "True", /Applied revision/);
  });

  it("17. and so does a key under a name that Flux does not read", async () => {
    await withSecret(
      "age-key",
      (secret) => ({ ...secret, data: { "age.txt": secret.data?.["age.agekey"] ?? "" } }),
      () => reconciled("kustomization", "smtp-relay", "False", /cannot get sops data key/i),
    );
    await reconciled("kustomization", "smtp-relay", "True", /Applied revision/);
  });
});
