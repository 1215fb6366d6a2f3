// What GitHub sends to webhooks: a `ping` when one is made, `push` when somebody pushes. Once each, with no second try, as
// GitHub does; nobody waits for it.
// Source: docs.github.com/webhooks/webhook-events-and-payloads, section "Delivery headers".
import { createHmac, randomUUID } from "node:crypto";
import { repositoryBody, userBody } from "./answers.ts";
import type { Repositories } from "./repositories.ts";
import type { GithubStore } from "./store.ts";
import { webhookBody, type Webhook } from "./webhooks.ts";

/** A branch or a tag that has been pushed. */
export interface Push {
  readonly owner: string;
  readonly repository: string;
  /** e.g. `refs/heads/main` */
  readonly ref: string;
  /** Commit before it; forty zeros for a new branch. */
  readonly before: string;
  /** Commit after it; forty zeros for one that is gone. */
  readonly after: string;
}

/** One HTTP request to a webhook. */
export interface Delivery {
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
  /** Whether any certificate will do. */
  readonly insecureSsl: boolean;
  readonly signal: AbortSignal;
}

/** Sends a delivery. @returns the HTTP status @throws Error when nobody answers */
export type Send = (delivery: Delivery) => Promise<number>;

/** What {@link Deliveries} needs. */
export interface DeliveriesOptions {
  readonly store: GithubStore;
  readonly send: Send;
  readonly repositories: Repositories;
  /** Base of the REST API. */
  readonly api: string;
  readonly log: (line: string) => void;
}

/** GitHub gives a webhook ten seconds to answer. */
const timeoutMs = 10_000;
/** More at a time are dropped: whoever pushes must not be able to fill the lab's memory. */
const mostAtATime = 20;

/** The deliveries of a lab's GitHub. */
export class Deliveries {
  readonly #options: DeliveriesOptions;
  readonly #stop = new AbortController();
  readonly #underWay = new Set<Promise<void>>();

  constructor(options: DeliveriesOptions) {
    this.#options = options;
  }

  /** The first thing that a new webhook gets. */
  ping(hook: Webhook): void {
    const body = { zen: "Keep it logically awesome.", hook_id: hook.id };
    this.#begin(hook, "ping", { ...body, hook: webhookBody(this.#options.api, hook) });
  }

  /** Tells all active webhooks of the repository that want to know. */
  push({ owner, repository, ref, before, after }: Push): void {
    const nothing = /^0+$/;
    const pusher = { name: owner, email: `${owner}@users.noreply.github.com` };
    const [created, deleted] = [nothing.test(before), nothing.test(after)];
    for (const hook of this.#options.store.webhooks()) {
      const wants = hook.events.includes("push") || hook.events.includes("*");
      if (hook.owner === owner && hook.repository === repository && hook.active && wants)
        this.#begin(hook, "push", { ref, before, after, created, deleted, pusher });
    }
  }

  /** Gives up what is under way. */
  async stop(): Promise<void> {
    this.#stop.abort();
    await Promise.all(this.#underWay);
  }

  #begin(hook: Webhook, event: string, content: object): void {
    const { log } = this.#options;
    if (this.#stop.signal.aborted) return;
    if (this.#underWay.size >= mostAtATime) {
      log(`webhook ${String(hook.id)}: ${event} dropped, ${String(mostAtATime)} are under way`);
      return;
    }
    const work = this.#deliver(hook, event, content).finally(() => this.#underWay.delete(work));
    this.#underWay.add(work);
  }

  /** Never throws, and never logs the URL: its path is as good as the token. */
  async #deliver(hook: Webhook, event: string, content: object): Promise<void> {
    const { store, send, log } = this.#options;
    const guid = randomUUID();
    const { body, contentType } = this.#bodyOf(hook, content);
    const about = `delivery ${guid} of ${event} to webhook ${String(hook.id)}`;
    let lastResponse: Webhook["lastResponse"];
    try {
      const status = await send({
        url: hook.url,
        headers: { ...headersOf(hook, event, guid, body), "content-type": contentType },
        body,
        insecureSsl: hook.insecureSsl,
        signal: AbortSignal.any([this.#stop.signal, AbortSignal.timeout(timeoutMs)]),
      });
      const good = status >= 200 && status < 300;
      lastResponse = {
        code: status,
        status: good ? "active" : "misconfigured",
        message: good ? "OK" : `Invalid HTTP Response: ${String(status)}`,
      };
      log(`${about}: HTTP ${String(status)}`);
    } catch (error) {
      if (this.#stop.signal.aborted) return;
      lastResponse = { code: 502, status: "failed_to_connect", message: "failed to connect to host" };
      const code = error instanceof Error ? ((error as NodeJS.ErrnoException).code ?? error.name) : "";
      log(`${about}: failed to connect to host ${code}`);
    }
    store.changeWebhook(hook.id, { lastResponse });
  }

  #bodyOf(hook: Webhook, content: object): { readonly body: string; readonly contentType: string } {
    const { api, repositories } = this.#options;
    const sshUrl = repositories.sshUrl(hook.owner, hook.repository);
    const payload = JSON.stringify({
      ...content,
      repository: repositoryBody(api, hook.owner, hook.repository, sshUrl, undefined),
      sender: userBody(api, hook.owner),
    });
    return hook.contentType === "json"
      ? { body: payload, contentType: "application/json" }
      : {
          body: new URLSearchParams({ payload }).toString(),
          contentType: "application/x-www-form-urlencoded",
        };
  }
}

function headersOf(
  hook: Webhook,
  event: string,
  guid: string,
  body: string,
): Readonly<Record<string, string>> {
  const signature = (algorithm: "sha1" | "sha256"): string =>
    `${algorithm}=${createHmac(algorithm, hook.secret).update(body).digest("hex")}`;
  return {
    accept: "*/*",
    "user-agent": "GitHub-Hookshot/1ab0000",
    "x-github-delivery": guid,
    "x-github-event": event,
    "x-github-hook-id": String(hook.id),
    "x-github-hook-installation-target-type": "repository",
    ...(hook.secret === ""
      ? {}
      : { "x-hub-signature": signature("sha1"), "x-hub-signature-256": signature("sha256") }),
  };
}
