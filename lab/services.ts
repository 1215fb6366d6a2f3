// Everything around a lab's machines, as the Internet and the home's accounts are around a home: Git host, GitHub,
// registry, Helm repositories, Image Factory, and the proxy through which programs reach them under their public names.
import { createWriteStream, mkdirSync } from "node:fs";
import { join } from "node:path";
import { openCharts, type Charts } from "./charts/charts.ts";
import { readTreeSources, type ChartReference, type TreeSources } from "./charts/tree.ts";
import { openFactory, type Factory } from "./factory/factory.ts";
import { startGitHost, type GitHost } from "./git/host.ts";
import { startGithub, type Github } from "./github/api.ts";
import { sendThrough } from "./github/sendThrough.ts";
import { openGithubStore } from "./github/store.ts";
import { ports, type LabLayout } from "./layout.ts";
import type { Handler } from "./proxy/http.ts";
import { handOnTo } from "./proxy/passOn.ts";
import { startProxy, type Proxy } from "./proxy/proxy.ts";
import { chartPublisher, type PublishCharts } from "./registry/charts.ts";
import { publicRegistry } from "./registry/publicRegistry.ts";
import { startRegistry, type Registry } from "./registry/registry.ts";
import { switchServiceFault, type ServiceFault } from "./serviceFaults.ts";
import { statusToken, webhookHost } from "./settings.ts";

/** What {@link startServices} needs. */
export interface ServicesOptions {
  readonly layout: LabLayout;
  /** Paths of programs; `crane` is used. */
  readonly toolbox: Readonly<Record<string, string>>;
  /** Folder of the cluster's tree in the lab's checkout. It may not be there yet, and may change. */
  readonly tree: string;
  /** The GitHub token that is right. */
  readonly githubToken: string;
  /** Owner and name of the repository that the cluster is in; made empty when it is missing. */
  readonly owner: string;
  readonly repository: string;
  /** Charts that the stack config names and the tree does not: Cilium, in every version a test goes through. */
  readonly charts: readonly ChartReference[];
  /** Talos versions that the Image Factory has. */
  readonly talosVersions: readonly string[];
  /** Schematic ids of the stack config besides plain Talos. Default: none. */
  readonly schematics?: readonly string[];
}

/** All running services. */
export interface Services {
  readonly git: GitHost;
  readonly github: Github;
  readonly registry: Registry;
  readonly charts: Charts;
  readonly factory: Factory;
  readonly proxy: Proxy;
  /** For the stack config's `git.url`. */
  readonly gitUrl: string;
  /** Switches a fault. @throws Error naming all faults when there is no such one */
  fault(name: string, on: boolean): Promise<void>;
  /** Faults that are on. */
  faults(): readonly ServiceFault[];
  /** Stops all of them; their data stays. */
  stop(): Promise<void>;
}

/** Host of the Image Factory. */
const factoryHost = "factory.talos.dev";
/** Where Flux writes commit statuses. */
const githubHost = "api.github.com";
/** Home of the Flux artifacts; more registries come from the tree's `oci://` URLs. */
const fluxRegistryHost = "ghcr.io";

/** Starts all services; what already runs is stopped again when one cannot start. */
export async function startServices(options: ServicesOptions): Promise<Services> {
  const { layout, owner, repository } = options;
  const address = layout.servicesAddress;
  const started: { stop(): Promise<void> }[] = [];
  const logs = new Logs(layout.logs);
  // Last started, first stopped; one that fails to stop must not keep the others running.
  const stop = async (): Promise<void> => {
    const results = [];
    for (const part of started.splice(0).reverse()) results.push(await Promise.allSettled([part.stop()]));
    await logs.close();
    const failed = results.flat().find((result) => result.status === "rejected");
    if (failed !== undefined) throw failed.reason;
  };
  const keep = <T extends { stop(): Promise<void> }>(part: T): T => {
    started.push(part);
    return part;
  };

  try {
    let tellGithub: Github["pushed"] = () => undefined;
    const store = openGithubStore(join(layout.state, "github.json"));
    const git = keep(
      await startGitHost({
        address,
        port: ports.git,
        root: layout.gitRoot,
        hostKeyFile: join(layout.secrets, "git-host-key"),
        adminKeyFile: join(layout.secrets, "git-owner-key"),
        keys: () => store.keys().map((key) => ({ ...key, repo: `${key.owner}/${key.repository}` })),
        pushed: (push) => {
          tellGithub(push);
        },
        log: logs.of("git"),
      }),
    );
    await git.createRepository(owner, repository);
    const github = keep(
      await startGithub({
        address,
        port: ports.github,
        token: options.githubToken,
        statusToken,
        login: owner,
        store,
        repositories: {
          exists: (...names) => git.repositoryExists(...names),
          sshUrl: (...names) => git.url(...names),
        },
        send: sendThrough({ address, port: ports.proxy, root: layout.proxyRoot }),
        log: logs.of("github"),
      }),
    );
    tellGithub = (push) => {
      github.pushed(push);
    };
    const registry = keep(
      await startRegistry({
        crane: requiredTool(options.toolbox, "crane"),
        address,
        port: ports.registry,
        root: layout.registryRoot,
        logFile: join(layout.logs, "crane.log"),
        log: logs.of("registry"),
      }),
    );
    const sources = cached(() => readTreeSources(options.tree));
    const charts = openCharts({
      file: join(layout.state, "charts.json"),
      wanted: () => [...options.charts, ...sources().charts],
      repositories: () => sources().helmRepositories,
    });
    const factory = openFactory({
      root: join(layout.state, "factory"),
      versions: options.talosVersions,
      schematics: options.schematics ?? [],
    });
    const publishCharts = chartPublisher(registry, () => sources().ociCharts);
    const proxy = keep(
      await startProxy({
        address,
        port: ports.proxy,
        root: layout.proxyRoot,
        routes: routesOf({ registry, charts, factory, sources, publishCharts, layout }),
        log: logs.of("proxy"),
      }),
    );
    const faults = new Set<ServiceFault>();
    const parts = { git, github, registry, proxy };
    return {
      ...parts,
      charts,
      factory,
      gitUrl: git.url(owner, repository),
      fault: (name, on) => switchServiceFault(parts, faults, name, on),
      faults: () => [...faults],
      stop,
    };
  } catch (error) {
    await stop().catch(() => undefined);
    throw error;
  }
}

interface Internet {
  readonly registry: Registry;
  readonly charts: Charts;
  readonly factory: Factory;
  readonly sources: () => TreeSources;
  readonly publishCharts: PublishCharts;
  readonly layout: LabLayout;
}

/** Who answers for which public host. The handlers stay, the list of hosts follows the tree. */
function routesOf(internet: Internet): () => ReadonlyMap<string, Handler> {
  const { registry, charts, factory, sources, publishCharts, layout } = internet;
  const github = handOnTo(`http://${layout.servicesAddress}:${String(ports.github)}`);
  const receiver = handOnTo(`http://${layout.podsAddress}:${String(ports.fluxReceiver)}`);
  const handlers = new Map<string, Handler>();
  const handlerOf = (host: string, make: () => Handler): [string, Handler] => {
    const handler = handlers.get(host) ?? make();
    handlers.set(host, handler);
    return [host, handler];
  };
  return () =>
    new Map([
      ...charts.hosts().map((host) => handlerOf(host, () => charts.handlerFor(host))),
      ...[fluxRegistryHost, ...sources().registryHosts].map((host) =>
        handlerOf(host, () => publicRegistry(registry, host, publishCharts)),
      ),
      handlerOf(factoryHost, () => factory.handler),
      [githubHost, github],
      [webhookHost, receiver],
    ]);
}

/** The tree is asked several times per request; within this time it is read once. */
const treeCacheMs = 1000;

function cached<T>(read: () => T): () => T {
  let value: { read: T; at: number } | undefined;
  return () => {
    if (value === undefined || Date.now() - value.at > treeCacheMs) value = { read: read(), at: Date.now() };
    return value.read;
  };
}

function requiredTool(toolbox: Readonly<Record<string, string>>, name: string): string {
  const path = toolbox[name];
  if (path === undefined) throw new Error(`the lab's registry needs the program ${name}`);
  return path;
}

/** One log file per service, `<logs>/<name>.log`. */
class Logs {
  readonly #folder: string;
  readonly #streams = new Map<string, ReturnType<typeof createWriteStream>>();

  constructor(folder: string) {
    this.#folder = folder;
    mkdirSync(folder, { recursive: true });
  }

  of(name: string): (line: string) => void {
    const stream = createWriteStream(join(this.#folder, `${name}.log`), { flags: "a", mode: 0o600 });
    this.#streams.set(name, stream);
    // A full disk must not end the lab.
    stream.on("error", () => undefined);
    return (line) => {
      if (stream.writable) stream.write(`${new Date().toISOString()} ${line}\n`);
    };
  }

  async close(): Promise<void> {
    await Promise.all(
      [...this.#streams.values()].map(
        (stream) => new Promise<void>((resolve) => stream.end(() => resolve())),
      ),
    );
  }
}
