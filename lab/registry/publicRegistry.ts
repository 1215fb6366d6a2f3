// How a public registry (ghcr.io) looks from outside: anonymous tokens first, reading only. The content comes from the
// lab's registry. Source: distribution.github.io/distribution/spec/auth/token, and ghcr.io's own answers.
import { randomBytes } from "node:crypto";
import type { IncomingMessage, ServerResponse } from "node:http";
import { sendJson } from "../proxy/http.ts";
import type { PublishCharts } from "./charts.ts";
import { repositoryOf } from "./publish.ts";
import type { Registry } from "./registry.ts";

/** How long a token is good for. Longer than the 60 s that clients assume where a token does not say. */
const tokenLifetimeMs = 300_000;

/** Answers as the public registry of a host. @param publishCharts called for each repository that somebody asks for */
export function publicRegistry(
  registry: Registry,
  host: string,
  publishCharts: PublishCharts = () => Promise.resolve(),
): (request: IncomingMessage, response: ServerResponse) => Promise<void> {
  const tokens = new Map<string, { repository: string | undefined; expires: number }>();

  const giveToken = async (url: URL, response: ServerResponse): Promise<void> => {
    const scope = url.searchParams.get("scope") ?? "";
    const [, repository] = /^repository:([^:]+):/.exec(scope) ?? [];
    // What cannot be pushed now (the registry is switched off) is not there.
    if (repository !== undefined) await publishCharts(host, repository).catch(() => undefined);
    // ghcr.io refuses the token already when there is nothing to read.
    if (repository !== undefined && !(await registry.hasRepository(repositoryOf(host, repository)))) {
      refuse(response, 403, "DENIED", "requested access to the resource is denied");
      return;
    }
    for (const [token, { expires }] of tokens) if (expires < Date.now()) tokens.delete(token);
    const token = randomBytes(24).toString("base64url");
    tokens.set(token, { repository, expires: Date.now() + tokenLifetimeMs });
    sendJson(response, 200, { token });
  };

  return async (request, response) => {
    const url = new URL(request.url ?? "/", `https://${host}`);
    if (url.pathname === "/token") return giveToken(url, response);
    if (url.pathname !== "/v2" && !url.pathname.startsWith("/v2/")) {
      refuse(response, 404, "NOT_FOUND", "not found");
      return;
    }
    const [, repository] = /^\/v2\/(.+?)\/(?:manifests|blobs|tags|referrers)\//.exec(url.pathname) ?? [];
    const [, bearer] = /^Bearer (\S+)$/i.exec(request.headers.authorization ?? "") ?? [];
    const token = bearer === undefined ? undefined : tokens.get(bearer);
    if (
      token === undefined ||
      token.expires < Date.now() ||
      (repository !== undefined && repository !== token.repository)
    ) {
      const scope = `repository:${repository ?? "user/image"}:pull`;
      refuse(response, 401, "UNAUTHORIZED", "authentication required", {
        "www-authenticate": `Bearer realm="https://${host}/token",service="${host}",scope="${scope}"`,
      });
      return;
    }
    if (request.method !== "GET" && request.method !== "HEAD") {
      refuse(response, 403, "DENIED", "permission_denied: write_package");
      return;
    }
    response.setHeader("docker-distribution-api-version", "registry/2.0");
    if (repository === undefined) {
      sendJson(response, 200, {});
      return;
    }
    const path = `/v2/${repositoryOf(host, repository)}${url.pathname.slice(`/v2/${repository}`.length)}${url.search}`;
    await registry.forward(request, response, path);
  };
}

function refuse(
  response: ServerResponse,
  status: number,
  code: string,
  message: string,
  headers: Readonly<Record<string, string>> = {},
): void {
  sendJson(
    response,
    status,
    { errors: [{ code, message }] },
    { "docker-distribution-api-version": "registry/2.0", ...headers },
  );
}
