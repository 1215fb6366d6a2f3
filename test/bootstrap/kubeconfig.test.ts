// Where a kubeconfig leads, and that one without a cluster leads nowhere: the provider would take the user's own.
import { describe, expect, it } from "@jest/globals";
import { requireCluster, serverOf, withServer } from "../../src/bootstrap/kubeconfig.ts";

const kubeconfig = `apiVersion: v1
clusters:
- cluster:
    certificate-authority-data: Y2E=
    server: https://192.0.2.10:6443
  name: test
`;

describe("a kubeconfig", () => {
  it.each(["", "apiVersion: v1\nclusters: []\n", "apiVersion: v1\nkind: Config\n"])(
    "without a cluster is refused: %j",
    (text) => {
      expect(() => requireCluster(text)).toThrow(
        /returned a kubeconfig without a cluster; run pulumi up again/,
      );
    },
  );

  it("with one stays as it is", () => {
    expect(requireCluster(kubeconfig)).toBe(kubeconfig);
  });

  it("leads where the stack config says, and keeps its keys", () => {
    const moved = withServer(kubeconfig, "https://192.0.2.20:6443");
    expect(serverOf(moved)).toBe("https://192.0.2.20:6443");
    expect(moved).toBe(kubeconfig.replace("192.0.2.10", "192.0.2.20"));
    expect(withServer(kubeconfig, "https://192.0.2.10:6443")).toBe(kubeconfig);
    const broken = kubeconfig.replace("https://192.0.2.10:6443", "nowhere");
    expect(serverOf(withServer(broken, "https://192.0.2.10:6443"))).toBe("https://192.0.2.10:6443");
  });

  it("that does not say where leads nowhere", () => {
    expect(serverOf("apiVersion: v1\n")).toBe(undefined);
  });
});
