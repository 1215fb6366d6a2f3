// Formats of the URLs in the stack config.
import { text } from "./fields.ts";
import { contains } from "./ip.ts";

/** A URL that hides nothing: without password, query and fragment. */
function plainUrl(value: string): URL | undefined {
  const url = URL.parse(value);
  return url !== null && `${url.password}${url.search}${url.hash}` === "" ? url : undefined;
}

/** Whether a URL is no more than scheme, host and port. */
function isBareHttps(url: URL | undefined): boolean {
  return url?.protocol === "https:" && url.pathname === "/" && url.username === "";
}

/** What somebody who wrote no such URL means, e.g. `k8s.home:6443` of `http://k8s.home:6443/api`. */
function hostIn(value: string): { readonly host?: string; readonly port?: string } {
  return (
    /^(?:[a-z]+:\/\/)?(?:[^/@]*@)?(?<host>[\w.-]+)(?::(?<port>\d+))?(?:[/?#].*)?$/i.exec(value)?.groups ?? {}
  );
}

/** Whether somebody can listen on a port. */
function isPort(text = ""): boolean {
  return Number(text) >= 1 && Number(text) <= 65_535;
}

/** The Kubernetes API as clients reach it. */
export const endpoint = text({
  expected: "an https URL with host and port",
  example: "https://192.0.2.10:6443",
  test: (value) => isBareHttps(plainUrl(value)) && isPort(/:(\d+)\/?$/.exec(value)?.[1]),
  meant: (value) => {
    const { host, port } = hostIn(value);
    return host && `https://${host}:${isPort(port) ? (port ?? "") : "6443"}`;
  },
});

/** Where GitHub reaches a Receiver: no path, because that one follows from the token. */
export const webhookUrl = text({
  expected: "an https URL without a path",
  example: "https://flux-webhook.home.example",
  test: (value) => isBareHttps(plainUrl(value)),
  meant: (value) => {
    const { host, port } = hostIn(value);
    return host && `https://${host}${isPort(port) ? `:${port ?? ""}` : ""}`;
  },
  because: "; the program adds the path",
});

/** A GitHub Enterprise server. The token travels to it, so plain http is for this computer only. */
export const githubBaseUrl = text({
  expected: "an https URL",
  example: "https://github.example.com/",
  test: (value) => {
    const url = plainUrl(value);
    const isHere = url?.protocol === "http:" && contains("127.0.0.0/8", url.hostname);
    return (url?.protocol === "https:" || isHere) && url.username === "";
  },
  meant: (value) => {
    const url = URL.parse(value);
    return url === null ? undefined : `https://${url.host}${url.pathname}`;
  },
});

/** What an `ssh://` URL names. */
export interface GitUrl {
  readonly host: string;
  /** TCP port; 22 unless the URL has one. */
  readonly port: number;
  /** e.g. `home/home-cluster`, without `.git`. */
  readonly repository: string;
}

/** Takes `ssh://user@host[:port]/path` apart; undefined when it is something else. */
export function parseGitUrl(value: string): GitUrl | undefined {
  const url = plainUrl(value);
  const repository = url?.pathname.replace(/^\/+/, "").replace(/\.git$/, "");
  if (url?.protocol !== "ssh:" || url.username === "" || url.hostname === "" || !repository) return undefined;
  return { host: url.hostname, port: Number(url.port || 22), repository };
}

/** A repository, reached over SSH. */
export const gitUrl = text({
  expected: "an SSH URL ssh://user@host[:port]/path",
  example: "ssh://git@github.com/home/home-cluster.git",
  test: (value) => parseGitUrl(value) !== undefined,
  meant: (value) => {
    // As scp writes it.
    const [, user, host, path] = /^([\w.-]+)@([\w.-]+):([^/].*)$/.exec(value) ?? [];
    if (user !== undefined && host !== undefined) return `ssh://${user}@${host}/${path ?? ""}`;
    const url = URL.parse(value);
    return url?.protocol.startsWith("http") ? `ssh://git@${url.hostname}${url.pathname}` : undefined;
  },
  because: ", which Flux reads with a deploy key",
});
