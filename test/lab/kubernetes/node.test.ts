// What Talos makes of a Node by its config, and what a kubelet registers with.
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { LabObject } from "../../../lab/kubernetes/kubeApi.ts";
import { applied, nodeObject } from "../../../lab/kubernetes/node.ts";
import type { MachineConfig } from "../../../lab/talos/config.ts";

type Settings = Pick<MachineConfig, "type" | "nodeLabels" | "nodeAnnotations" | "nodeTaints">;

const configOf = (settings: Partial<Settings> = {}): MachineConfig =>
  ({
    type: "worker",
    hostname: "k8s-2",
    nodeLabels: {},
    nodeAnnotations: {},
    nodeTaints: {},
    allowSchedulingOnControlPlanes: false,
    ...settings,
  }) as unknown as MachineConfig;

const registered = (config: MachineConfig): LabObject => nodeObject(config) as unknown as LabObject;

describe("the Node that a kubelet registers", () => {
  it("has the config's taints, and none of its labels", () => {
    const node = registered(
      configOf({ nodeTaints: { dedicated: "db:NoSchedule", plain: "NoExecute" }, nodeLabels: { a: "b" } }),
    );
    assert.deepEqual(node.spec?.["taints"], [
      { key: "dedicated", value: "db", effect: "NoSchedule" },
      { key: "plain", effect: "NoExecute" },
    ]);
    assert.equal(node.metadata.labels?.["a"], undefined);
  });

  it("of a control plane takes no work", () => {
    const node = registered(configOf({ type: "controlplane" }));
    assert.deepEqual(node.spec?.["taints"], [
      { key: "node-role.kubernetes.io/control-plane", effect: "NoSchedule" },
    ]);
  });
});

describe("the Node that Talos makes by its config", () => {
  it("has labels, annotations and taints, and notes of which are its own", () => {
    const config = configOf({
      nodeLabels: { zone: "a" },
      nodeAnnotations: { note: "x" },
      nodeTaints: { dedicated: "db:NoSchedule" },
    });
    const { metadata, spec } = applied(config, registered(config));
    assert.equal(metadata.labels?.["zone"], "a");
    assert.deepEqual(metadata.annotations, {
      note: "x",
      "talos.dev/owned-labels": '["zone"]',
      "talos.dev/owned-annotations": '["note"]',
      "talos.dev/owned-taints": '["dedicated"]',
    });
    assert.deepEqual(spec?.["taints"], [{ key: "dedicated", value: "db", effect: "NoSchedule" }]);
  });

  it("is as it was when nothing changes", () => {
    const config = configOf({ type: "controlplane", nodeLabels: { zone: "a" } });
    const once = applied(config, registered(config));
    assert.deepEqual(applied(config, once), once);
    const bare = registered(configOf());
    assert.deepEqual(applied(configOf(), bare).metadata.annotations, {});
  });

  it("loses what leaves the config, and keeps what others have set", () => {
    const before = configOf({
      nodeLabels: { zone: "a", rack: "1" },
      nodeAnnotations: { note: "x" },
      nodeTaints: { dedicated: "db:NoSchedule" },
    });
    const once = applied(before, registered(before));
    const node: LabObject = {
      ...once,
      metadata: { ...once.metadata, labels: { ...once.metadata.labels, theirs: "1" } },
      spec: {
        taints: [
          ...(once.spec?.["taints"] as object[]),
          { key: "node.kubernetes.io/not-ready", effect: "NoSchedule" },
        ],
      },
    };
    const { metadata, spec } = applied(configOf({ nodeLabels: { zone: "b" } }), node);
    assert.deepEqual(
      [metadata.labels?.["zone"], metadata.labels?.["rack"], metadata.labels?.["theirs"]],
      ["b", undefined, "1"],
    );
    assert.deepEqual(metadata.annotations, { "talos.dev/owned-labels": '["zone"]' });
    assert.deepEqual(spec?.["taints"], [{ key: "node.kubernetes.io/not-ready", effect: "NoSchedule" }]);
  });

  it("leaves a label and a taint that somebody else has set to another value", () => {
    const bare = registered(configOf());
    const node: LabObject = {
      ...bare,
      metadata: { ...bare.metadata, labels: { zone: "theirs" } },
      spec: { taints: [{ key: "dedicated", value: "theirs", effect: "NoSchedule" }] },
    };
    const config = configOf({ nodeLabels: { zone: "ours" }, nodeTaints: { dedicated: "ours:NoSchedule" } });
    const { metadata, spec } = applied(config, node);
    assert.equal(metadata.labels?.["zone"], "theirs");
    assert.deepEqual(metadata.annotations, {});
    assert.deepEqual(spec?.["taints"], [{ key: "dedicated", value: "theirs", effect: "NoSchedule" }]);
  });

  it("takes a control plane's taint away when it is to take work", () => {
    const config = configOf({ type: "controlplane" });
    const node = applied(config, registered(config));
    const open = { ...config, allowSchedulingOnControlPlanes: true };
    assert.equal(applied(open, node).spec?.["taints"], undefined);
  });
});
