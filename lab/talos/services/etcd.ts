// Bootstrap and everything about etcd. The etcd itself runs in the machine's runtime.
import { setTimeout as delay } from "node:timers/promises";
import { StatusError } from "../errors.ts";
import { stream, unary } from "../handler.ts";
import type { CallContext, Handlers } from "../handler.ts";
import { kubeconfigArchive } from "../kubeconfig.ts";

const chunk = 32 * 1024;

/** Methods about etcd, and the kubeconfig, which like them only a control plane has. */
export const etcdHandlers: Handlers = {
  Bootstrap: unary(async (request, { machine }) => {
    machine.log.write("bootstrap request received");
    if (!machine.criUp) throw new StatusError("FailedPrecondition", "bootstrap is not available yet");
    if (machine.config?.type !== "controlplane")
      throw new StatusError("FailedPrecondition", "bootstrap can only be performed on a control plane node");
    if (machine.has("clockSkew")) throw new StatusError("FailedPrecondition", "time is not in sync yet");
    const recover = request["recover_etcd"] === true;
    if (recover && !machine.snapshot)
      throw new Error("error recovering from the snapshot: no snapshot was uploaded");
    await machine.options.runtime.bootstrapEtcd(recover ? machine.snapshot : undefined);
    machine.snapshot = undefined;
    await machine.refresh();
    return {};
  }),
  EtcdRecover: {
    kind: "upload",
    run: async (requests, context) => {
      controlPlaneOnly(context, "etcd recover");
      const parts: Buffer[] = [];
      for await (const { bytes } of requests) parts.push(bytes as Buffer);
      context.machine.snapshot = Buffer.concat(parts);
      return {};
    },
  },
  EtcdSnapshot: stream(async function* (_request, context) {
    controlPlaneOnly(context, "etcd snapshot");
    await etcdUp(context);
    const snapshot = await context.machine.options.runtime.etcdSnapshot();
    for (let at = 0; at < snapshot.length; at += chunk) yield { bytes: snapshot.subarray(at, at + chunk) };
  }),
  EtcdMemberList: unary(async (_request, context) => {
    controlPlaneOnly(context, "member list");
    await etcdUp(context);
    const members = await context.machine.options.runtime.etcdMembers();
    return {
      legacy_members: members.map(({ hostname }) => hostname),
      members: members.map((member) => ({
        id: member.id,
        hostname: member.hostname,
        peer_urls: member.peerUrls,
        client_urls: member.clientUrls,
        is_learner: member.isLearner,
      })),
    };
  }),
  EtcdStatus: unary(async (_request, context) => {
    controlPlaneOnly(context, "etcd status");
    await etcdUp(context);
    const status = await context.machine.options.runtime.etcdStatus();
    return {
      member_status: {
        storage_version: status.storageVersion,
        member_id: status.memberId,
        protocol_version: status.protocolVersion,
        db_size: String(status.dbSize),
        db_size_in_use: String(status.dbSizeInUse),
        leader: status.leader,
        raft_index: status.raftIndex,
        raft_term: status.raftTerm,
        raft_applied_index: status.raftAppliedIndex,
        errors: status.errors,
        is_learner: status.isLearner,
      },
    };
  }),
  EtcdAlarmList: unary(async (_request, context) => {
    controlPlaneOnly(context, "etcd alarm list");
    await etcdUp(context);
    const alarms = await context.machine.options.runtime.etcdAlarms();
    return { member_alarms: alarms.map(({ memberId, alarm }) => ({ member_id: memberId, alarm })) };
  }),
  EtcdLeaveCluster: unary(async (_request, context) => {
    controlPlaneOnly(context, "etcd leave");
    await etcdUp(context);
    await context.machine.leaveEtcd();
    return {};
  }),
  EtcdRemoveMemberByID: unary(async (request, context) => {
    controlPlaneOnly(context, "etcd remove member");
    await etcdUp(context);
    await context.machine.options.runtime.etcdRemove(String(request["member_id"]));
    return {};
  }),
  Kubeconfig: stream(async function* (_request, context) {
    controlPlaneOnly(context, "kubeconfig");
    const { config } = context.machine;
    if (config) yield { bytes: await kubeconfigArchive(config) };
  }),
};

/**
 * A question to an etcd that does not run gets no answer: Talos' client of etcd waits for it until whoever asked gives up.
 * `talosctl service etcd` and `talosctl list /var/lib/etcd` say at once how things are.
 */
async function etcdUp({ machine, signal }: CallContext): Promise<void> {
  while (!machine.options.runtime.etcdRuns()) {
    if (signal.aborted) throw new StatusError("Canceled", "context canceled");
    await delay(Math.max(machine.delays.pollMs, 10), undefined, { signal }).catch(() => undefined);
  }
}

function controlPlaneOnly({ machine }: CallContext, what: string): void {
  if (machine.config?.type !== "controlplane")
    throw new StatusError("Unimplemented", `${what} is only available on control plane nodes`);
}
