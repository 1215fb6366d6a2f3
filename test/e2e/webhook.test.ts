// A push reconciles at once: the webhook that the program registers, the Receiver of the tree, and what GitHub is told in
// return. GitHub and its way through the Internet are the lab's, the controllers the real ones.
import assert from "node:assert/strict";
import { createHmac } from "node:crypto";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it, jest } from "@jest/globals";
import type { CommitStatus } from "../../lab/github/store.ts";
import type { Webhook } from "../../lab/github/webhooks.ts";
import { ports } from "../../lab/layout.ts";
import { webhookHost } from "../../lab/settings.ts";
import type { KubeObject } from "./handOffFacts.ts";
import { killedAt } from "./killedUp.ts";
import { leaks } from "./secrets.ts";
import { readableTexts, secretsOf } from "./secretsOf.ts";
import { previewChanges } from "./changes.ts";
import { assertNoChange, TestLab } from "./testLab.ts";

jest.setTimeout(900_000);

/** The GitRepository's own interval is five minutes. */
const atOnceSeconds = 20;
const settings = "cluster/flux/vars/cluster-settings.yaml";

describe("a push to GitHub", () => {
  let lab: TestLab;
  let path = "";
  beforeAll(async () => {
    lab = await TestLab.restored("small");
    // Not by lab.get: what that prints is searched for secrets.
    const file = join(lab.layout.state, "github.json");
    path = new URL((JSON.parse(readFileSync(file, "utf8")) as Store).webhooks[0]?.url ?? "").pathname;
    // A restored lab's controllers have just started, and their sources lost what they had fetched.
    await reconciled("gitrepository", "home-cluster");
    await reconciled("kustomization", "cluster");
  });
  afterAll(async () => {
    await lab.destroy();
  });

  const reconciled = async (kind: string, name: string): Promise<void> => {
    const at = String(Date.now());
    const object = [kind, name, "-n", "flux-system"];
    await lab.ok("kubectl", "annotate", "--overwrite", ...object, `reconcile.fluxcd.io/requestedAt=${at}`);
    const handled = ["get", ...object, "-o", "jsonpath={.status.lastHandledReconcileAt}"];
    await lab.until(
      `${kind} ${name} reconciled`,
      async () => (await lab.ok("kubectl", ...handled)) === at,
      120,
    );
  };

  interface Store {
    readonly webhooks: readonly Webhook[];
    readonly statuses: readonly CommitStatus[];
  }
  const atGithub = (): Store =>
    JSON.parse(readFileSync(join(lab.layout.state, "github.json"), "utf8")) as Store;
  const commit = async (): Promise<string> => (await lab.git("rev-parse", "HEAD")).trim();
  const inTree = (name: string, value: string) => (text: string) =>
    `${text}---\napiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: ${name}\n  namespace: flux-system\ndata:\n  value: ${value}\n`;
  const appliedAtOnce = async (name: string, value: string): Promise<void> => {
    await lab.until(
      `ConfigMap ${name}`,
      async () =>
        (await lab.get<KubeObject>(["configmap", name, "-n", "flux-system"])).data?.["value"] === value,
      atOnceSeconds,
    );
  };
  const requestedAt = async (): Promise<string | undefined> =>
    (await lab.get<KubeObject>(["gitrepository", "home-cluster", "-n", "flux-system"])).metadata
      .annotations?.["reconcile.fluxcd.io/requestedAt"];

  it("is told to a webhook of exactly this kind, whose ping the Receiver has taken", async () => {
    const [hook, ...more] = atGithub().webhooks;
    expect(more).toStrictEqual([]);
    expect(hook?.url).toBe(`https://${webhookHost}${path}`);
    expect([
      hook?.events,
      hook?.contentType,
      hook?.insecureSsl,
      hook?.active,
      hook?.lastResponse.code,
    ]).toStrictEqual([["push"], "json", false, true, 200]);
    const receiver = await lab.run("kubectl", [
      "get",
      "receiver",
      "github",
      "-n",
      "flux-system",
      "-o",
      "jsonpath={.status.webhookPath}",
    ]);
    // It prints the path, which is a secret elsewhere.
    lab.printed.pop();
    expect(receiver.stdout).toBe(path);
    assertNoChange(await lab.previewed("--refresh"));
  });

  it("is applied within seconds", async () => {
    await lab.commit("Something new", { [settings]: inTree("pushed", "first") });
    await appliedAtOnce("pushed", "first");
  });

  it("gets a status of its commit", async () => {
    const sha = await commit();
    await lab.until("a status of cluster", () =>
      Promise.resolve(
        atGithub().statuses.some(
          (status) =>
            status.sha === sha &&
            status.state === "success" &&
            status.context.startsWith("kustomization/cluster/"),
        ),
      ),
    );
  });

  it("is said to have failed where it is broken, and leaves what runs alone", async () => {
    await lab.commit("Something broken", { [settings]: (text) => `${text}---\nkind: Nothing\n` });
    const broken = await commit();
    await lab.until("a failed status", () =>
      Promise.resolve(atGithub().statuses.some(({ sha, state }) => sha === broken && state === "failure")),
    );
    await appliedAtOnce("pushed", "first");
    await lab.git("revert", "--no-edit", "HEAD");
    await lab.commit("Something else", { [settings]: inTree("pushed-again", "second") });
    await appliedAtOnce("pushed-again", "second");
  });

  it("counts for nothing when somebody else has signed it", async () => {
    const token = Buffer.from(
      (await lab.get<KubeObject>(["secret", "github-webhook-token", "-n", "flux-system"])).data?.["token"] ??
        "",
      "base64",
    ).toString();
    lab.printed.pop();
    const body = JSON.stringify({ ref: "refs/heads/main" });
    const send = async (key: string | undefined, to = path): Promise<number> => {
      const signature = createHmac("sha256", key ?? "")
        .update(body)
        .digest("hex");
      const answer = await fetch(`http://${lab.layout.podsAddress}:${String(ports.fluxReceiver)}${to}`, {
        method: "POST",
        headers: {
          "content-type": "application/json",
          "x-github-event": "push",
          ...(key === undefined ? {} : { "x-hub-signature-256": `sha256=${signature}` }),
        },
        body,
      });
      return answer.status;
    };
    const before = await requestedAt();
    expect(await send("another token")).toBe(400);
    expect(await send(undefined)).toBe(400);
    expect(await send(token, `/hook/${"0".repeat(64)}`)).toBe(404);
    expect(await requestedAt()).toBe(before);
    expect(await send(token)).toBe(200);
    expect(await requestedAt()).not.toBe(before);
  });

  it("is told with another token after the token has been made anew", async () => {
    const urn = /\S+flux-secrets-webhook-token$/m.exec(await lab.ok("pulumi", "stack", "--show-urns"))?.[0];
    const { code, output } = await lab.run("npm", [
      ...["run", "-s", "up", "--", "--yes", "--skip-preview", "--non-interactive"],
      ...["--replace", urn ?? ""],
    ]);
    assert.equal(code, 0, output);
    const [hook, ...more] = atGithub().webhooks;
    expect(more).toStrictEqual([]);
    expect(new URL(hook?.url ?? "").pathname).not.toBe(path);
    assertNoChange(await lab.previewed());
    await lab.commit("With another token", { [settings]: inTree("pushed-with-another", "third") });
    await appliedAtOnce("pushed-with-another", "third");
    path = new URL(hook?.url ?? "").pathname;
  });

  it("is told to nobody where the stack config does not say where to", async () => {
    await lab.withConfig(
      {
        github: (github) => {
          const { webhookUrl: _url, ...rest } = github as Record<string, unknown>;
          return rest;
        },
      },
      async () => {
        expect(await previewChanges(lab)).toStrictEqual([
          "flux-webhook delete ",
          `preflight-git update environment.WEBHOOK_URL: https://${webhookHost} → nothing`,
        ]);
        await lab.finish();
        expect(atGithub().webhooks).toStrictEqual([]);
      },
    );
  });

  it("is told once only after an up that was killed while it registered the webhook", async () => {
    await killedAt(lab, {
      resource: "flux-webhook",
      happened: () => Promise.resolve(atGithub().webhooks.length === 1),
    });
    const { output } = await lab.finish();
    expect(output).toMatch(/removed webhook \d+ from home\/home-cluster: it is in no state/);
    expect(atGithub().webhooks.map(({ url }) => url)).toStrictEqual([`https://${webhookHost}${path}`]);
    assertNoChange(await lab.previewed());
  });

  it("shows its secrets nowhere", async () => {
    const secrets = await secretsOf(lab);
    expect(secrets.some(({ name }) => name === "path of the webhook")).toBeTruthy();
    expect(secrets.some(({ name }) => name.endsWith("configuration.secret"))).toBeTruthy();
    expect(leaks(secrets, readableTexts(lab))).toStrictEqual([]);
  });
});
