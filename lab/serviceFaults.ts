// The faults of the services around the machines, by name, for `npm run lab -- fault` and the tests.
import type { GitHost } from "./git/host.ts";
import type { Github } from "./github/api.ts";
import type { Proxy } from "./proxy/proxy.ts";
import type { Registry } from "./registry/registry.ts";

/**
 * Faults with what they do. A host of the Internet alone: `host-down:ghcr.io`; images that machines do not find, by a part of
 * their name: `image-missing:installer`.
 */
export const serviceFaults = {
  "git-refuses-keys": "the Git host refuses every key",
  "git-other-host-key": "the Git host shows a key that nobody pinned",
  "git-down": "nobody answers at the Git host",
  "github-401": "GitHub takes no token",
  "github-5xx": "GitHub answers 503",
  "github-rate-limit": "GitHub's rate limit is used up",
  "github-no-administration": "the token lacks the permission Administration",
  "github-no-webhooks": "the token lacks the permission Webhooks",
  "github-down": "nobody answers at GitHub",
  "registry-down": "the registry answers 503",
  "internet-down": "nobody answers at the proxy",
  "slow-link": "every piece of data to the services takes 100 ms longer",
} as const;

/** Name of a fault. */
export type ServiceFault = keyof typeof serviceFaults | `host-down:${string}` | `image-missing:${string}`;

const slowLinkMs = 100;

/** The services that can fail. */
export interface FaultyServices {
  readonly git: GitHost;
  readonly github: Github;
  readonly registry: Registry;
  readonly proxy: Proxy;
}

/** Switches a fault on or off and notes it. @throws Error naming all faults when there is no such one */
export async function switchServiceFault(
  services: FaultyServices,
  active: Set<ServiceFault>,
  name: string,
  on: boolean,
): Promise<void> {
  const { git, github, registry, proxy } = services;
  const [, host] = /^host-down:(\S+)$/.exec(name) ?? [];
  if (host !== undefined) proxy.setHostDown(host, on);
  // Machines ask for it when they pull (supervisor/images.ts).
  else if (!/^image-missing:\S+$/.test(name))
    switch (name as keyof typeof serviceFaults) {
      case "git-refuses-keys":
        await git.setFault("refuse-keys", on);
        break;
      case "git-other-host-key":
        await git.setFault("other-host-key", on);
        break;
      case "git-down":
        await git.setFault("down", on);
        break;
      case "github-401":
        await github.setFault("401", on);
        break;
      case "github-5xx":
        await github.setFault("5xx", on);
        break;
      case "github-rate-limit":
        await github.setFault("rate-limit", on);
        break;
      case "github-no-administration":
        await github.setFault("no-administration", on);
        break;
      case "github-no-webhooks":
        await github.setFault("no-webhooks", on);
        break;
      case "github-down":
        await github.setFault("down", on);
        break;
      case "registry-down":
        registry.setFault("down", on);
        break;
      case "internet-down":
        await proxy.setDown(on);
        break;
      case "slow-link":
        for (const service of [git, github, registry, proxy]) service.setLatency(on ? slowLinkMs : 0);
        break;
      default:
        throw new Error(
          `there is no fault "${name}"; there are ${Object.keys(serviceFaults).join(", ")}, host-down:HOST, image-missing:PART`,
        );
    }
  if (on) active.add(name as ServiceFault);
  else active.delete(name as ServiceFault);
}
