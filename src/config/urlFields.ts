// Formats of the HTTP URLs in the stack config.
import { text } from "./fields.ts";
import { contains } from "./ip.ts";

/** Whether a text is a TCP port that somebody can listen on. */
function isPort(text: string): boolean {
  return /^\d{1,5}$/.test(text) && Number(text) >= 1 && Number(text) <= 65_535;
}

/** The Kubernetes API as clients reach it. */
export const endpoint = text({
  expected: "an https URL with host and port",
  example: "https://192.0.2.10:6443",
  test: (value) => {
    if (!URL.canParse(value)) return false;
    const { protocol, pathname, search, hash, username } = new URL(value);
    const hasPort = isPort(/^https:\/\/[^/]+:(\d+)\/?$/.exec(value)?.[1] ?? "");
    return protocol === "https:" && hasPort && pathname === "/" && `${search}${hash}${username}` === "";
  },
  meant: (value) => {
    const { host, port = "6443" } =
      /^(?:[a-z]+:\/\/)?(?<host>[\w.-]+)(?::(?<port>\d+))?(?:[/?#].*)?$/i.exec(value)?.groups ?? {};
    return host === undefined ? undefined : `https://${host}:${isPort(port) ? port : "6443"}`;
  },
});

/** Where GitHub reaches a Receiver: no path, because that one follows from the token. */
export const webhookUrl = text({
  expected: "an https URL without a path",
  example: "https://flux-webhook.home.example",
  test: (value) => {
    if (!URL.canParse(value)) return false;
    const { protocol, hostname, pathname, search, hash, username, password } = new URL(value);
    const rest = `${search}${hash}${username}${password}`;
    return protocol === "https:" && hostname !== "" && pathname === "/" && rest === "";
  },
  meant: (value) => {
    const { host, port = "" } =
      /^(?:https?:\/\/)?(?:[^/@]*@)?(?<host>[\w.-]+)(?<port>:\d+)?(?:[/?#].*)?$/i.exec(value)?.groups ?? {};
    return host === undefined ? undefined : `https://${host}${isPort(port.slice(1)) ? port : ""}`;
  },
  because: "; the program adds the path",
});

/** A GitHub Enterprise server. The token travels to it, so plain http is for this computer only. */
export const githubBaseUrl = text({
  expected: "an https URL",
  example: "https://github.example.com/",
  test: (value) => {
    if (!URL.canParse(value)) return false;
    const { protocol, hostname, username, search, hash } = new URL(value);
    const isSafe = protocol === "https:" || (protocol === "http:" && contains("127.0.0.0/8", hostname));
    return isSafe && `${username}${search}${hash}` === "";
  },
  meant: (value) => {
    if (!URL.canParse(value)) return undefined;
    const { host, pathname } = new URL(value);
    return `https://${host}${pathname}`;
  },
});
