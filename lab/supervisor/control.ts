// The supervisor's own API: JSON over HTTP on loopback, for whoever can read the lab's folder (a token lies there).
// Its port is also what makes a slot taken.
import { timingSafeEqual } from "node:crypto";
import { once } from "node:events";
import { createServer, type IncomingMessage, type Server } from "node:http";
import { ports, type LabLayout } from "../layout.ts";
import { secret } from "../secretFiles.ts";

/** Calls by name; each gets the request's JSON and answers with something that becomes JSON. */
export type ControlCalls = Readonly<Record<string, (body: Readonly<Record<string, unknown>>) => unknown>>;

/** The lab said no. */
export class ControlError extends Error {}

/** What to say when another lab, of another clone perhaps, has this one's addresses. */
export function heldByAnother({ cidr, name }: LabLayout): string {
  return (
    `another lab holds ${cidr}, where lab "${name}" lies: stop that one, or make this one anew with` +
    ` npm run lab -- destroy --name ${name}`
  );
}

/** Takes the slot. @throws ControlError when another lab holds it */
export async function serveControl(layout: LabLayout, calls: ControlCalls): Promise<Server> {
  const token = Buffer.from(`Bearer ${secret(layout, "control-token")}`);
  const server = createServer((incoming, answer) => {
    const send = (status: number, body: unknown): void => {
      answer.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify(body));
    };
    const given = Buffer.from(incoming.headers.authorization ?? "");
    if (given.length !== token.length || !timingSafeEqual(given, token)) {
      send(401, { error: "this is another lab" });
      return;
    }
    const call = calls[(incoming.url ?? "/").slice(1)];
    if (call === undefined) {
      send(404, { error: "no such call" });
      return;
    }
    readJson(incoming)
      .then(call)
      .then(
        (result) => send(200, result ?? {}),
        (error: unknown) => send(400, { error: error instanceof Error ? error.message : String(error) }),
      );
  });
  server.listen(ports.control, layout.servicesAddress);
  await once(server, "listening").catch((error: unknown) => {
    throw (error as NodeJS.ErrnoException).code === "EADDRINUSE"
      ? new ControlError(heldByAnother(layout))
      : error;
  });
  return server;
}

/**
 * Calls a running lab.
 * @throws ControlError with the lab's words when it refuses
 * @throws Error when nobody answers
 */
export async function callLab<T>(
  layout: LabLayout,
  name: string,
  body: unknown = {},
  timeoutMs = 60_000,
): Promise<T> {
  const answer = await fetch(`http://${layout.servicesAddress}:${String(ports.control)}/${name}`, {
    method: "POST",
    headers: { authorization: `Bearer ${secret(layout, "control-token")}` },
    body: JSON.stringify(body),
    signal: AbortSignal.timeout(timeoutMs),
  });
  const result = (await answer.json()) as T & { error?: string };
  if (!answer.ok) throw new ControlError(result.error ?? `the lab answers ${String(answer.status)}`);
  return result;
}

async function readJson(incoming: IncomingMessage): Promise<Readonly<Record<string, unknown>>> {
  let text = "";
  incoming.setEncoding("utf8");
  for await (const part of incoming) text += part as string;
  return text === "" ? {} : (JSON.parse(text) as Readonly<Record<string, unknown>>);
}
