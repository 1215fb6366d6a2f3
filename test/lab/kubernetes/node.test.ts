// What Talos makes of a Node by its config, and what a kubelet registers with.
import { describe, expect, it } from "@jest/globals";
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
    expect(node.spec?.["taints"]).toStrictEqual([
      { key: "dedicated", value: "db", effect: "NoSchedule" },
      { key: "plain", effect: "NoExecute" },
    ]);
    expect(node.metadata.labels?.["a"]).toBe(undefined);
  });

  it("of a control plane takes no work", () => {
    const node = registered(configOf({ type: "controlplane" }));
    expect(node.spec?.["taints"]).toStrictEqual([
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
    expect(metadata.labels?.["zone"]).toBe("a");
    expect(metadata.annotations).toStrictEqual({
      note: "x",
      "talos.dev/owned-labels": '["zone"]',
      "talos.dev/owned-annotations": '["note"]',
      "talos.dev/owned-taints": '["dedicated"]',
    });
    expect(spec?.["taints"]).toStrictEqual([{ key: "dedicated", value: "db", effect: "NoSchedule" }]);
  });

  it("is as it was when nothing changes", () => {
    const config = configOf({ type: "controlplane", nodeLabels: { zone: "a" } });
    const once = applied(config, registered(config));
    expect(applied(config, once)).toStrictEqual(once);
    const bare = registered(configOf());
    expect(applied(configOf(), bare).metadata.annotations).toStrictEqual({});
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
    expect([metadata.labels?.["zone"], metadata.labels?.["rack"], metadata.labels?.["theirs"]]).toStrictEqual(
      ["b", undefined, "1"],
    );
    expect(metadata.annotations).toStrictEqual({ "talos.dev/owned-labels": '["zone"]' });
    expect(spec?.["taints"]).toStrictEqual([{ key: "node.kubernetes.io/not-ready", effect: "NoSchedule" }]);
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
    expect(metadata.labels?.["zone"]).toBe("theirs");
    expect(metadata.annotations).toStrictEqual({});
    expect(spec?.["taints"]).toStrictEqual([{ key: "dedicated", value: "theirs", effect: "NoSchedule" }]);
  });

  it("takes a control plane's taint away when it is to take work", () => {
    const config = configOf({ type: "controlplane" });
    const node = applied(config, registered(config));
    const open = { ...config, allowSchedulingOnControlPlanes: true };
    expect(applied(open, node).spec?.["taints"]).toBe(undefined);
  });
});
