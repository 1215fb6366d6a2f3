// A whole lab: the services around it, its machines and what runs on them. Starts and stops as one.
import { checkImage } from "./images.ts";
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { removeAccess, writeAccess } from "../access.ts";
import { startKubernetes, type LabKubernetes } from "../kubernetes/cluster.ts";
import type { HostRuntime } from "../kubernetes/machineRuntime.ts";
import { ports, type LabLayout, type LabMachine } from "../layout.ts";
import { proxyEnvironment } from "../proxy/environment.ts";
import { publishLayout } from "../registry/publish.ts";
import { secret } from "../secretFiles.ts";
import { startServices, type Services } from "../services.ts";
import { ciliumRepository, fluxVersions, home, published, versions } from "../settings.ts";
import { ageKeyFile, writeStack } from "../stack.ts";
import { ensureAgeKey } from "../tree/age.ts";
import { pushTree, type PushResult } from "../tree/push.ts";
import { startMachine, type TalosMachine } from "../talos/machine.ts";
import { MachineRegistry } from "../talos/registry.ts";
import { sshEnvironment } from "../git/environment.ts";
import { tool, type Toolbox } from "../../tools/toolbox.ts";

/** What a lab needs. */
export interface LabOptions {
  readonly layout: LabLayout;
  readonly toolbox: Toolbox;
  /** Told what is being done, for people who wait. */
  readonly progress: (line: string) => void;
}

/** One machine with what runs on it. */
export interface RunningMachine {
  readonly machine: TalosMachine;
  readonly runtime: HostRuntime;
}

/** A running lab. */
export interface Lab {
  readonly layout: LabLayout;
  readonly services: Services;
  readonly kubernetes: LabKubernetes;
  readonly machines: readonly RunningMachine[];
  /** Brings the working tree's `cluster/` to the Git host. */
  push(): Promise<PushResult>;
  stop(): Promise<void>;
}

/** Starts everything; what runs already is stopped again when a part cannot start. */
export async function startLab(options: LabOptions): Promise<Lab> {
  const { layout, toolbox, progress } = options;
  for (const folder of [layout.root, layout.logs, layout.state, layout.machinesRoot, layout.secrets])
    mkdirSync(folder, { recursive: true, mode: 0o700 });
  const started: { stop(): Promise<void> }[] = [];
  const stop = async (): Promise<void> => {
    for (const part of started.splice(0).reverse()) await part.stop();
  };
  try {
    progress("Git host, GitHub, registry, proxy");
    const services = await startServices({
      layout,
      toolbox,
      tree: join(layout.repo, "cluster"),
      githubToken: secret(layout, "github-token"),
      ...home,
      charts: [...published.cilium, ...layout.published.cilium].map((version) => ({
        repository: ciliumRepository,
        name: "cilium",
        version,
      })),
      talosVersions: [...new Set([...published.talos, ...layout.published.talos])],
      schematics: layout.published.schematics,
    });
    started.push(services);
    await publishFlux(services, toolbox);
    const push = (onlyChanged = false): Promise<PushResult> =>
      pushToServices({ layout, toolbox, services, onlyChanged });
    progress("the Git tree");
    await ensureAgeKey(ageKeyFile(layout));
    await push(true);
    writeStack(layout, { gitUrl: services.gitUrl, knownHostsLine: services.git.knownHostsLine() });

    progress("machines");
    const kubernetes = await startKubernetes({ layout, toolbox, internet: proxyEnvironment(layout) });
    started.push(kubernetes);
    const registry = new MachineRegistry();
    const machines: RunningMachine[] = [];
    started.push({
      stop: async () => {
        await Promise.all(machines.map(({ machine }) => machine.stop()));
      },
    });
    for (const description of layout.machines)
      machines.push(await startOne(layout, description, { kubernetes, peers: registry, services }));
    keepAccess(layout, machines);
    return { layout, services, kubernetes, machines, push, stop };
  } catch (error) {
    await stop().catch(() => undefined);
    throw error;
  }
}

async function startOne(
  layout: LabLayout,
  description: LabMachine,
  around: {
    readonly kubernetes: LabKubernetes;
    readonly peers: MachineRegistry;
    readonly services: Services;
  },
): Promise<RunningMachine> {
  const { name, address, otherAddress } = description;
  const { kubernetes, peers, services } = around;
  // Asked when the machine boots at the earliest.
  const own = (): TalosMachine | undefined => peers.all().find((machine) => machine.name === name);
  const runtime = kubernetes.runtimeFor(description, {
    talosVersion: () => own()?.talosVersion ?? versions.talos,
    bootId: () => own()?.bootId ?? "",
    address: () => own()?.address ?? address,
  });
  const machine = await startMachine({
    name,
    address,
    ...(otherAddress === undefined ? {} : { otherAddress }),
    port: ports.apid,
    dataDir: join(layout.machinesRoot, name),
    logFile: join(layout.logs, `${name}.log`),
    talosVersion: versions.talos,
    runtime,
    peers,
    kubernetes: kubernetes.view,
    checkImage: (image) => checkImage(services, image),
  });
  return { machine, runtime };
}

/** The user's kubeconfig and talosconfig follow the machines' configs. */
function keepAccess(layout: LabLayout, machines: readonly RunningMachine[]): void {
  let written: string | undefined;
  const look = (): void => {
    const planes = machines.filter(({ machine }) => machine.config?.type === "controlplane");
    const config = planes[0]?.machine.config;
    const addresses = planes.map(({ machine }) => machine.address);
    const now = [config?.clusterCA.crt, ...addresses].join(" ");
    if (now === written) return;
    written = now;
    if (config === undefined) removeAccess(layout);
    else void writeAccess(layout, config, addresses);
  };
  for (const { machine } of machines) machine.onStateChange(look);
  look();
}

async function publishFlux(services: Services, toolbox: Toolbox): Promise<void> {
  for (const version of fluxVersions) {
    const manifests = toolbox[`flux-manifests@${version}`];
    if (manifests === undefined) continue;
    await publishLayout(
      services.registry,
      tool(toolbox, "crane"),
      manifests,
      `ghcr.io/fluxcd/flux-manifests:${version}`,
    );
  }
}

async function pushToServices({
  layout,
  toolbox,
  services,
  onlyChanged,
}: Pick<LabOptions, "layout" | "toolbox"> & {
  readonly services: Services;
  readonly onlyChanged: boolean;
}): Promise<PushResult> {
  return pushTree({
    onlyChanged,
    source: layout.tree,
    checkout: layout.repo,
    ageKeyFile: ageKeyFile(layout),
    sops: tool(toolbox, "sops"),
    url: services.gitUrl,
    environment: sshEnvironment(services.git.adminKeyFile, services.git.knownHostsLine()),
  });
}
