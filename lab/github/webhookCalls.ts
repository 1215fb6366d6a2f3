// The calls about webhooks: `repos/{owner}/{name}/hooks`.
import { failure, pages, type Answer } from "./answers.ts";
import type { GithubOptions } from "./options.ts";
import { listAnswer, type PartCall } from "./calls.ts";
import { now } from "./store.ts";
import { webhookBody, webhookSettings, type Webhook } from "./webhooks.ts";

/** Answers a call whose path is `hooks` or `hooks/{id}`. */
export function answerWebhooks(options: GithubOptions, call: PartCall): Answer {
  const { method, owner, name, api } = call;
  const [, id] = /^hooks\/(\d+)$/.exec(call.rest) ?? [];
  const hooks = options.store.webhooks().filter((hook) => hook.owner === owner && hook.repository === name);
  if (id === undefined) {
    if (method === "GET")
      return listAnswer(
        call,
        hooks.map((hook) => webhookBody(api, hook)),
      );
    if (method === "POST") return add(options, call, hooks);
    return failure(404, "Not Found");
  }
  const hook = hooks.find((candidate) => candidate.id === Number(id));
  if (hook === undefined) {
    const page = { PATCH: pages.changeHook, DELETE: pages.deleteHook }[method];
    return failure(404, "Not Found", page ?? pages.getHook);
  }
  if (method === "GET") return { status: 200, body: webhookBody(api, hook) };
  if (method === "PATCH") return change(options, call, hook, hooks);
  if (method !== "DELETE") return failure(404, "Not Found");
  options.store.removeWebhook(hook.id);
  return { status: 204 };
}

function add(options: GithubOptions, call: PartCall, others: readonly Webhook[]): Answer {
  const settings = webhookSettings(call.body.toString("utf8"), undefined, others);
  if ("status" in settings) return settings;
  const hook = options.store.addWebhook(call.owner, call.name, settings);
  if (hook.active) call.deliveries.ping(hook);
  const body = webhookBody(call.api, hook);
  return { status: 201, body, headers: { location: (body as { url: string }).url } };
}

function change(options: GithubOptions, call: PartCall, hook: Webhook, hooks: readonly Webhook[]): Answer {
  const others = hooks.filter(({ id }) => id !== hook.id);
  const settings = webhookSettings(call.body.toString("utf8"), hook, others);
  if ("status" in settings) return settings;
  const changed = options.store.changeWebhook(hook.id, { ...settings, updatedAt: now() });
  return { status: 200, body: webhookBody(call.api, changed ?? hook) };
}
