// One member of etcd: the real program, and a client for what Talos asks it. The client speaks etcd's JSON gateway, so
// that no other program is needed. Source: etcd v3.6 Documentation/dev-guide/api_grpc_gateway.
import { existsSync, readFileSync, rmSync } from "node:fs";
import { request } from "node:https";
import { join } from "node:path";
import { run } from "./run.ts";
import { ports } from "../layout.ts";
import { startProcess, type ManagedProcess } from "../processes.ts";
import { RuntimeError, type EtcdMember, type EtcdStatus } from "../talos/runtime.ts";
import type { ControlPlaneFiles } from "./controlPlaneFiles.ts";

/** What a member needs. */
export interface EtcdOptions {
  /** Member name: the machine's host name. */
  readonly name: string;
  readonly address: string;
  /** Data directory, e.g. `.lab/lab/machines/k8s-1/etcd`. */
  readonly dataDir: string;
  readonly files: ControlPlaneFiles;
  readonly logFile: string;
  /** Paths of etcd and etcdutl. */
  readonly etcd: string;
  readonly etcdutl: string;
}

interface RawMember {
  readonly ID: string;
  readonly name?: string;
  readonly peerURLs?: readonly string[];
  readonly clientURLs?: readonly string[];
  readonly isLearner?: boolean;
}

/** The etcd of one machine. */
export class Etcd {
  readonly #options: EtcdOptions;
  #process: ManagedProcess | undefined;

  constructor(options: EtcdOptions) {
    this.#options = options;
  }

  /** Whether this machine has been a member: then it starts from its data. */
  get hasData(): boolean {
    return existsSync(join(this.#options.dataDir, "member"));
  }

  get running(): boolean {
    return this.#process?.running === true;
  }

  /** URL under which other members reach this one. */
  get peerUrl(): string {
    return `https://${this.#options.address}:${String(ports.etcdPeer)}`;
  }

  get clientUrl(): string {
    return `https://${this.#options.address}:${String(ports.etcdClient)}`;
  }

  /** Restores a snapshot into the empty data directory; the next start is a new cluster with that data. */
  async restore(snapshot: Buffer): Promise<void> {
    const { etcdutl, dataDir, name } = this.#options;
    await run(
      etcdutl,
      [
        "snapshot",
        "restore",
        "/dev/stdin",
        "--skip-hash-check",
        "--data-dir",
        dataDir,
        "--name",
        name,
      ].concat("--initial-cluster", `${name}=${this.peerUrl}`, "--initial-advertise-peer-urls", this.peerUrl),
      snapshot,
    );
  }

  /**
   * Starts the member; a data directory with data decides by itself whom it belongs to.
   * @param cluster `new`, or the members of the cluster that has just added this one, as `name=peerURL`
   */
  async start(cluster: "new" | readonly string[] = "new"): Promise<void> {
    if (this.running) return;
    const { name, files, dataDir, logFile, etcd } = this.#options;
    const members = cluster === "new" ? [`${name}=${this.peerUrl}`] : cluster;
    this.#process = await startProcess({
      name: `${name} etcd`,
      command: etcd,
      args: [
        `--name=${name}`,
        `--data-dir=${dataDir}`,
        `--listen-client-urls=${this.clientUrl}`,
        `--advertise-client-urls=${this.clientUrl}`,
        `--listen-peer-urls=${this.peerUrl}`,
        `--initial-advertise-peer-urls=${this.peerUrl}`,
        `--initial-cluster=${members.join(",")}`,
        `--initial-cluster-state=${cluster === "new" ? "new" : "existing"}`,
        `--cert-file=${files["etcd.crt"]}`,
        `--key-file=${files["etcd.key"]}`,
        "--client-cert-auth",
        `--trusted-ca-file=${files["etcd-ca.crt"]}`,
        `--peer-cert-file=${files["etcd.crt"]}`,
        `--peer-key-file=${files["etcd.key"]}`,
        "--peer-client-cert-auth",
        `--peer-trusted-ca-file=${files["etcd-ca.crt"]}`,
        // A lab survives a killed process, not a power cut: writing to the disk each time would be its slowest part.
        "--unsafe-no-fsync",
        "--logger=zap",
        "--log-level=warn",
      ],
      logFile,
      restart: true,
      ready: async () => {
        await this.status();
        return true;
      },
    });
  }

  async stop(): Promise<void> {
    await this.#process?.stop();
    this.#process = undefined;
  }

  async wipe(): Promise<void> {
    await this.stop();
    rmSync(this.#options.dataDir, { recursive: true, force: true });
  }

  async members(): Promise<readonly EtcdMember[]> {
    const { members } = (await this.#call("/v3/cluster/member/list", {})) as {
      members?: readonly RawMember[];
    };
    return (members ?? []).map((member) => ({
      id: member.ID,
      hostname: member.name ?? "",
      peerUrls: member.peerURLs ?? [],
      clientUrls: member.clientURLs ?? [],
      isLearner: member.isLearner ?? false,
    }));
  }

  async status(): Promise<EtcdStatus> {
    const raw = (await this.#call("/v3/maintenance/status", {})) as Record<
      string,
      string | boolean | string[] | undefined
    > & {
      header?: { member_id?: string };
    };
    const text = (key: string): string => String(raw[key] ?? "0");
    return {
      memberId: raw.header?.member_id ?? "0",
      leader: text("leader"),
      isLearner: raw["isLearner"] === true,
      dbSize: Number(text("dbSize")),
      dbSizeInUse: Number(text("dbSizeInUse")),
      raftIndex: text("raftIndex"),
      raftTerm: text("raftTerm"),
      raftAppliedIndex: text("raftAppliedIndex"),
      errors: (raw["errors"] as string[] | undefined) ?? [],
      protocolVersion: text("version"),
      storageVersion: text("storageVersion"),
    };
  }

  async alarms(): Promise<readonly { memberId: string; alarm: "NONE" | "NOSPACE" | "CORRUPT" }[]> {
    const answer = (await this.#call("/v3/maintenance/alarm", { action: "GET" })) as {
      alarms?: readonly { memberID: string; alarm: "NONE" | "NOSPACE" | "CORRUPT" }[];
    };
    return (answer.alarms ?? []).map(({ memberID, alarm }) => ({ memberId: memberID, alarm }));
  }

  async snapshot(): Promise<Buffer> {
    const text = await this.#send("/v3/maintenance/snapshot", {});
    const parts = text
      .split("\n")
      .filter((line) => line !== "")
      .map((line) => (JSON.parse(line) as { result?: { blob?: string } }).result?.blob ?? "");
    return Buffer.concat(parts.map((part) => Buffer.from(part, "base64")));
  }

  /** Adds a member; it must start soon with the returned `name=peerURL` list. */
  async add(name: string, peerUrl: string): Promise<readonly string[]> {
    const answer = (await this.#call("/v3/cluster/member/add", { peerURLs: [peerUrl] })) as {
      members?: readonly RawMember[];
    };
    return (answer.members ?? []).map(
      (member) =>
        `${member.name === undefined || member.name === "" ? name : member.name}=${member.peerURLs?.[0] ?? ""}`,
    );
  }

  /** Removes this member from the cluster. */
  async leave(): Promise<void> {
    const { memberId } = await this.status();
    await this.remove(memberId);
  }

  /** Removes any member. */
  async remove(id: string): Promise<void> {
    await this.#call("/v3/cluster/member/remove", { ID: id });
  }

  async #call(path: string, body: unknown): Promise<unknown> {
    return JSON.parse(await this.#send(path, body));
  }

  async #send(path: string, body: unknown): Promise<string> {
    const { address, files } = this.#options;
    return new Promise((resolve, reject) => {
      const fail = (message: string): void => {
        reject(new RuntimeError("Unavailable", `etcd on ${address}: ${message}`));
      };
      const outgoing = request(
        {
          host: address,
          port: ports.etcdClient,
          path,
          method: "POST",
          agent: false,
          timeout: 10_000,
          ca: readFileSync(files["etcd-ca.crt"]),
          cert: readFileSync(files["etcd-client.crt"]),
          key: readFileSync(files["etcd-client.key"]),
        },
        (answer) => {
          let text = "";
          answer.setEncoding("utf8");
          answer.on("data", (part: string) => (text += part));
          answer.on("end", () => {
            if (answer.statusCode === 200) resolve(text);
            else fail(text);
          });
        },
      );
      outgoing.on("timeout", () => outgoing.destroy(new Error("no answer")));
      outgoing.on("error", (error) => {
        fail(error.message);
      });
      outgoing.end(JSON.stringify(body));
    });
  }
}
