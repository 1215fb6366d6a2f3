// Formats of the HTTP URLs in the stack config.
import { text } from "./fields.ts";
import { contains } from "./ip.ts";

/** The Kubernetes API as clients reach it. */
export const endpoint = text({
  expected: "an https URL with host and port",
  example: "https://192.0.2.10:6443",
  test: (value) => {
    if (!URL.canParse(value)) return false;
    const { protocol, pathname, search, hash, username } = new URL(value);
    const hasPort = /^https:\/\/[^/]+:\d+\/?$/.test(value);
    return protocol === "https:" && hasPort && pathname === "/" && `${search}${hash}${username}` === "";
  },
  advice: (value) => {
    const host = /^(?:[a-z]+:\/\/)?([\w.-]+)(?::\d+)?(?:\/.*)?$/i.exec(value)?.[1];
    const port = /:(\d+)(?:\/.*)?$/.exec(value)?.[1] ?? "6443";
    return host === undefined ? undefined : `write https://${host}:${port}`;
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
  advice: (value) => {
    const host = /^(?:https?:\/\/)?(?:[^/@]*@)?([\w.-]+(?::\d+)?)(?:[/?#].*)?$/i.exec(value)?.[1];
    return host === undefined ? undefined : `write https://${host}; the program adds the path`;
  },
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
  advice: (value) => (value.startsWith("http:") ? `write ${value.replace("http:", "https:")}` : undefined),
});
