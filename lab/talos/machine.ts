// One Talos machine: its power switch, its disk, what it is doing, and its API. What calls of the API do is in services/,
// the long sequences (install, reboot, reset, upgrade) in lifecycle.ts.
import { randomUUID } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import { ApiListener } from "./apiListener.ts";
import type { IncomingCall } from "./apiListener.ts";
import type { MachineConfig } from "./config.ts";
import { ResourceVersions } from "./cosi/versions.ts";
import { EventLog } from "./events.ts";
import { identityFor } from "./identity.ts";
import { takeInstallation } from "./installer.ts";
import { install } from "./lifecycle.ts";
import { MachineDisk } from "./machineRecord.ts";
import type { MachineRecord } from "./machineRecord.ts";
import { MachineLog } from "./machineLog.ts";
import { defaultDelays } from "./options.ts";
import type { DiskSpec, FaultName, MachineDelays, MachineOptions, MachineState } from "./options.ts";
import { persistedConfig } from "./persistedConfig.ts";
import { routeCall } from "./routing.ts";
import { Superseded } from "./sequence.ts";
import { builtinServices, ServiceTable } from "./serviceTable.ts";
import { bootFinished, nodeReadiness, unmetConditions } from "./status.ts";
import type { UnmetCondition } from "./status.ts";

/** Makes a machine, puts it among its peers and switches it on unless it was off when its lab stopped. */
export async function startMachine(options: MachineOptions): Promise<TalosMachine> {
  const machine = new TalosMachine(options);
  await machine.start();
  return machine;
}

const defaultDisks: readonly DiskSpec[] = [
  { path: "/dev/vda", size: 64 * 1024 ** 3, model: "Lab Disk", serial: "lab-vda" },
];

/** A simulated machine. */
export class TalosMachine {
  readonly options: MachineOptions;
  readonly delays: MachineDelays;
  readonly disk: MachineDisk;
  readonly log: MachineLog;
  readonly record: MachineRecord;
  /** Event log of this boot. */
  events = new EventLog();
  /** Changes with every boot, as /proc/sys/kernel/random/boot_id. */
  bootId: string = randomUUID();
  bootedAt = new Date();
  services = new ServiceTable();
  resourceVersions = new ResourceVersions();
  /** The active machine config; undefined in maintenance mode. */
  config: MachineConfig | undefined;
  /** `bootstrap` is allowed: the container runtime is up. */
  criUp = false;
  /** An installer is at work. */
  installerRuns = false;
  /** Conditions that keep the machine from being ready. */
  unmet: readonly UnmetCondition[] = [];
  /** Ends the waiting that would take a config of `--mode=try` back. */
  tried: AbortController | undefined;
  /** A snapshot uploaded for `bootstrap --recover-from`. */
  snapshot: Buffer | undefined;

  #address: string;
  #state: MachineState = "off";
  #era = new AbortController();
  #opening = 0;
  #openings = 0;
  #listener: ApiListener | undefined;
  /** Listeners with certificates of before, which only serve the connections that they have. */
  readonly #retired = new Set<ApiListener>();
  #connections = new AbortController();
  #statusTimer: NodeJS.Timeout | undefined;
  #lastStatus = "";
  #refreshing = false;
  #closed = false;
  readonly #watchers = new Set<(state: MachineState) => void>();

  constructor(options: MachineOptions) {
    this.options = options;
    this.delays = { ...defaultDelays, ...options.delays };
    this.disk = new MachineDisk(options.dataDir);
    this.record = this.disk.load();
    this.#address = this.#lease();
    this.log = new MachineLog(options.logFile);
    options.peers.add(this);
  }

  get name(): string {
    return this.options.name;
  }

  /** Changes with a boot only, when the fault `moved` is switched. */
  get address(): string {
    return this.#address;
  }

  get state(): MachineState {
    return this.#state;
  }

  /** The API answers. */
  get isUp(): boolean {
    return this.#listener !== undefined;
  }

  /** Disks of this machine; the fault `diskMissing` does not show here but hides them from Talos. */
  get disks(): readonly DiskSpec[] {
    return this.options.disks ?? defaultDisks;
  }

  /** Running Talos: the installed one, or the ISO's. */
  get talosVersion(): string {
    return this.record.installed?.version ?? this.options.talosVersion;
  }

  /**
   * The time until the machine is next switched off or booted anew; fires then. What runs longer than one turn keeps the
   * signal that it began with, and gives up when it has fired.
   */
  get era(): AbortSignal {
    return this.#era.signal;
  }

  /** Fires when the machine's connections are cut. */
  get connectionSignal(): AbortSignal {
    return this.#connections.signal;
  }

  /** Calls `watcher` with every new state. @returns ends that */
  onStateChange(watcher: (state: MachineState) => void): () => void {
    this.#watchers.add(watcher);
    return () => this.#watchers.delete(watcher);
  }

  has(fault: FaultName): boolean {
    return this.record.faults.includes(fault);
  }

  /** Starts what the lab stopped: a machine that was on boots, one that was off stays off. */
  async start(): Promise<void> {
    if (this.record.powered && !this.has("off")) await this.boot();
  }

  /** The lab stops: power is cut, and comes back with the lab's next start. */
  async stop(): Promise<void> {
    this.#closed = true;
    await this.goDark("off");
  }

  /** Presses the power button. A machine that is just shutting down is waited for. */
  async powerOn(): Promise<void> {
    if (this.#state === "shutting down")
      await new Promise<void>((resolve) => {
        const unwatch = this.onStateChange(() => {
          unwatch();
          resolve();
        });
      });
    this.#remember({ powered: true });
    if (this.#state === "off") await this.boot();
  }

  /** Pulls the plug. */
  async powerOff(): Promise<void> {
    this.#remember({ powered: false });
    await this.goDark("off");
  }

  /** Leaves etcd, which a machine may not survive. @throws RuntimeError in etcd's words */
  async leaveEtcd(): Promise<void> {
    await this.options.runtime.etcdLeave();
    if (this.has("offAfterLeaving")) this.background(this.losePower());
  }

  /** The plug is pulled, a moment after an answer has got out. */
  async losePower(): Promise<void> {
    await this.delay(Math.min(this.delays.rebootMs, 100));
    await this.powerOff();
  }

  /** Switches a fault on or off. Those of certificates and power act at once, the others when their moment comes. */
  async fault(name: FaultName, on = true): Promise<void> {
    if (name === "moved" && on && this.options.otherAddress === undefined)
      throw new Error(`there is no other address for ${this.name}`);
    const before = this.has(name);
    const others = this.record.faults.filter((other) => other !== name);
    this.#remember({ faults: on ? [...others, name] : others });
    if (name === "off" && on) await this.goDark("off");
    else if (name === "moved" && before !== on && this.#state !== "off") this.background(this.restart());
    else if (!on && (name === "offAtReset" || name === "offAfterLeaving")) await this.powerOn();
    else if (!on && (name === "off" || name === "neverBack") && this.#state === "off" && this.record.powered)
      await this.boot();
    else if (
      ["foreign", "certificatesExpired", "clockSkew"].includes(name) &&
      (this.isUp || this.#opening > 0)
    )
      // A worker without a control plane to sign its certificate does not answer for as long as that lasts.
      this.background(this.openApi());
  }

  /** Powers up: new boot id, then installing, booting or maintenance, as the disk has it. Returns at once. */
  boot(): Promise<void> {
    if (this.#closed || this.has("off")) return Promise.resolve();
    this.#newEra();
    this.#address = this.#lease();
    this.bootId = randomUUID();
    this.bootedAt = new Date();
    this.events = new EventLog();
    this.services = new ServiceTable();
    this.resourceVersions = new ResourceVersions();
    this.log.clear();
    this.criUp = false;
    this.snapshot = undefined;
    this.#lastStatus = "";
    this.background(this.#bootSequence());
    return Promise.resolve();
  }

  /** Ends everything that runs here, cuts all connections. */
  async goDark(next: MachineState): Promise<void> {
    this.#newEra();
    clearInterval(this.#statusTimer);
    this.#closeApi();
    this.setState(next);
    await this.options.runtime.stop();
  }

  /** Goes down and boots again, unless it is not to come back. */
  async restart(): Promise<void> {
    const dark = this.goDark("rebooting");
    const { era } = this;
    await dark;
    await this.delay(this.delays.rebootMs, era);
    if (this.has("neverBack")) {
      this.log.write("the machine does not come back (fault neverBack)");
      this.setState("off");
    } else await this.boot();
  }

  /** Waits, as long as the machine is not switched off or booted anew. @throws Superseded then, at once */
  async delay(ms: number, era = this.era): Promise<void> {
    if (ms > 0) await sleep(ms, undefined, { signal: era }).catch(() => undefined);
    if (era.aborted) throw new Superseded();
  }

  /** Lets something run on its own; a failure goes to the console. */
  background(work: Promise<void>): void {
    work.catch((error: unknown) => {
      if (!(error instanceof Superseded))
        this.log.write(`failed: ${error instanceof Error ? error.message : String(error)}`);
    });
  }

  /** (Re)opens the API with the certificates that fit now. Connections are cut. */
  async openApi(): Promise<void> {
    this.#closeApi();
    this.#connections = new AbortController();
    await this.#listen();
  }

  /** Cuts all connections. */
  #closeApi(): void {
    this.#connections.abort();
    for (const listener of [this.#listener, ...this.#retired]) listener?.close();
    this.#retired.clear();
    this.#listener = undefined;
  }

  /** New connections see the certificates that fit now; those that are open stay. */
  async #listen(): Promise<void> {
    const connections = this.#connections;
    const { era } = this;
    const { port } = this.options;
    const { address } = this;
    const mine = ++this.#openings;
    // A later call than this one, or the end of the era, makes this one pointless.
    const check = (): void => {
      if (era.aborted || connections.signal.aborted || mine !== this.#openings) throw new Superseded();
    };
    this.#opening++;
    try {
      const identity = await identityFor(this, async () => {
        await this.delay(Math.max(this.delays.pollMs, 10), era);
        check();
      });
      check();
      this.#retireListener();
      const handle = (call: IncomingCall): AsyncIterable<Buffer> => routeCall(this, call);
      const listener = await ApiListener.open({ address, port, ...identity, handle });
      try {
        check();
      } catch (error) {
        listener.close();
        throw error;
      }
      this.#listener = listener;
    } finally {
      this.#opening--;
    }
  }

  /** Its port is free for a successor. */
  #retireListener(): void {
    if (this.#listener === undefined) return;
    this.#listener.retire();
    this.#retired.add(this.#listener);
    this.#listener = undefined;
  }

  /** A config has come in maintenance mode: keeps it and goes on with installing or booting. */
  async leaveMaintenance(raw: Buffer): Promise<void> {
    await this.delay(this.delays.applyMs);
    if (this.#state !== "maintenance") return;
    this.disk.saveConfig(raw);
    // No reboot here: machined goes on, and only the install sequence ends in one. The API is closed until then.
    this.#closeApi();
    this.events.publish("machine.TaskEvent", { task: "runningMaintenance", action: "STOP" });
    this.config = persistedConfig(this);
    if (!this.config) return;
    if (this.record.installed) await this.#runConfigured(this.config);
    else await install(this, this.config);
  }

  setState(state: MachineState): void {
    if (this.#state === state) return;
    this.#state = state;
    this.publishStatus();
    for (const watcher of this.#watchers) watcher(state);
  }

  /** Takes a config for the running machine without a reboot. */
  async takeConfig(config: MachineConfig): Promise<void> {
    const before = this.config;
    this.config = config;
    const names = (c: MachineConfig): string =>
      JSON.stringify([c.machineCA.crt, c.acceptedCAs, c.certSANs, c.hostname]);
    await this.options.runtime.reconfigure(config);
    if (before && names(before) !== names(config))
      // As apid does: who has sent this config gets the answer.
      this.background(this.#listen());
  }

  /** Looks at services and node, and moves on from booting to running. */
  async refresh(): Promise<void> {
    const config = this.config;
    if (this.#refreshing || !config || (this.#state !== "booting" && this.#state !== "running")) return;
    this.#refreshing = true;
    try {
      const controlPlane = config.type === "controlplane";
      const services = [...builtinServices(controlPlane, this.criUp), ...this.options.runtime.services()];
      this.services.update(services, this.events);
      const nodeReady = await nodeReadiness(this.options.kubernetes, config.hostname);
      const timeInSync = !this.has("clockSkew");
      this.unmet = unmetConditions({
        services,
        controlPlane,
        timeInSync,
        nodename: config.hostname,
        nodeReady,
      });
      if (this.#state === "booting" && bootFinished(services)) {
        this.events.publish("machine.SequenceEvent", { sequence: "boot", action: "STOP" });
        this.log.write("boot sequence: done");
        this.setState("running");
      }
      this.publishStatus();
    } finally {
      this.#refreshing = false;
    }
  }

  /** Tells the event log when stage or readiness changed. */
  publishStatus(): void {
    const conditions = this.#state === "booting" || this.#state === "running" ? this.unmet : [];
    const stage = this.#state.replace(" ", "_").toUpperCase();
    const status = { ready: conditions.length === 0, unmet_conditions: conditions };
    const text = JSON.stringify([stage, status]);
    if (text === this.#lastStatus || this.#state === "off") return;
    this.#lastStatus = text;
    this.events.publish("machine.MachineStatusEvent", { stage, status });
  }

  /** Changes the record and saves it. */
  remember(change: Partial<MachineRecord>): void {
    this.#remember(change);
  }

  async #bootSequence(): Promise<void> {
    // Until the first look at the services nothing is known to be ready.
    this.unmet = [{ name: "services", reason: "apid not running, kubelet not running" }];
    this.setState("booting");
    this.events.publish("machine.SequenceEvent", { sequence: "initialize", action: "START" });
    takeInstallation(this);
    this.config = persistedConfig(this);
    await this.delay(this.delays.bootMs);
    this.log.write(`booting Talos ${this.talosVersion}`);
    this.events.publish("machine.SequenceEvent", { sequence: "initialize", action: "STOP" });
    if (!this.config) {
      this.events.publish("machine.TaskEvent", { task: "runningMaintenance", action: "START" });
      this.log.write("entering maintenance service");
      await this.openApi();
      this.setState("maintenance");
      this.log.write("this machine is reachable at:");
      this.log.write(`\t${this.address}`);
      return;
    }
    if (!this.record.installed) {
      await install(this, this.config);
      return;
    }
    await this.#runConfigured(this.config);
  }

  async #runConfigured(config: MachineConfig): Promise<void> {
    this.setState("booting");
    this.events.publish("machine.SequenceEvent", { sequence: "boot", action: "START" });
    const { era } = this;
    await this.options.runtime.start(config);
    if (era.aborted) throw new Superseded();
    await this.openApi();
    if (era.aborted) throw new Superseded();
    this.#statusTimer = setInterval(() => void this.refresh(), Math.max(this.delays.pollMs, 10));
    await this.delay(this.delays.criMs);
    this.criUp = true;
    await this.refresh();
  }

  /** The address that it gets at a boot. */
  #lease(): string {
    return (this.has("moved") ? this.options.otherAddress : undefined) ?? this.options.address;
  }

  #newEra(): void {
    this.#era.abort();
    this.#era = new AbortController();
  }

  #remember(change: Partial<MachineRecord>): void {
    Object.assign(this.record, change);
    this.disk.save(this.record);
  }
}
