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
  #learner = false;

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

  /** Whether it runs without a vote: it answers nothing but questions about itself. */
  get learner(): boolean {
    return this.running && this.#learner;
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
        this.#learner = (await this.status()).isLearner;
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

  /** @throws RuntimeError `Unavailable` without a quorum (`etcdserver: no leader`) and from a learner */
  async members(): Promise<readonly EtcdMember[]> {
    // As Talos' client asks: not what this member remembers, but what the cluster says.
    const { members } = (await this.#call("/v3/cluster/member/list", { linearizable: true })) as {
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

  /**
   * Adds a member as a learner; it must start soon with the returned `name=peerURL` list. One that was called the same
   * goes first: whoever joins has no data, so that one is of no use.
   * Source: siderolabs/talos v1.12 internal/app/machined/pkg/system/services/etcd.go, addMember
   * @throws RuntimeError while there is another learner
   */
  async add(name: string, peerUrl: string): Promise<readonly string[]> {
    for (const { hostname, id } of await this.members()) if (hostname === name) await this.remove(id);
    const answer = (await this.#call("/v3/cluster/member/add", {
      peerURLs: [peerUrl],
      isLearner: true,
    })) as {
      members?: readonly RawMember[];
    };
    return (answer.members ?? []).map(
      (member) =>
        `${member.name === undefined || member.name === "" ? name : member.name}=${member.peerURLs?.[0] ?? ""}`,
    );
  }

  /**
   * Gives a learner its vote.
   * @param id as in {@link members}
   * @throws RuntimeError while it has not caught up with the leader
   */
  async promote(id: string): Promise<void> {
    await this.#call("/v3/cluster/member/promote", { ID: id });
  }

  /** Notes what {@link status} has said about it. */
  noteLearner(learner: boolean): void {
    this.#learner = learner;
  }

  /**
   * Tells the others under which address this member is now, if they know another one.
   * Source: siderolabs/talos v1.12 internal/app/machined/pkg/controllers/etcd/advertised_peer.go
   */
  async advertise(): Promise<void> {
    const { memberId } = await this.status();
    const known = (await this.members()).find(({ id }) => id === memberId);
    if (known === undefined || known.peerUrls.includes(this.peerUrl)) return;
    await this.#call("/v3/cluster/member/update", { ID: memberId, peerURLs: [this.peerUrl] });
  }

  /** Removes this member from the cluster. @throws RuntimeError `Unknown` as Talos words it, e.g. for the last member */
  async leave(): Promise<void> {
    const { memberId } = await this.status();
    try {
      await this.remove(memberId);
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      throw new RuntimeError(
        "Unknown",
        `failed to leave cluster: 1 error(s) occurred:\n\tfailed to remove member ${memberId}: ${reason}`,
      );
    }
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
          // As Talos asks about members: without a leader it is refused at once instead of waiting for one.
          headers: path.startsWith("/v3/cluster/") ? { "grpc-metadata-hasleader": "true" } : {},
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
            else reject(etcdError(text));
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

// Numbers of gRPC's status codes.
const codes: Readonly<Record<number, RuntimeError["code"]>> = {
  6: "AlreadyExists",
  9: "FailedPrecondition",
  13: "Internal",
  14: "Unavailable",
};

/** What etcd says, in its words, e.g. `etcdserver: rpc not supported for learner`. */
function etcdError(text: string): RuntimeError {
  try {
    const { code = 2, message = text } = JSON.parse(text) as { code?: number; message?: string };
    return new RuntimeError(codes[code] ?? "Unknown", message);
  } catch {
    return new RuntimeError("Unknown", text);
  }
}
