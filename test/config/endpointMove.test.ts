import { describe, expect, it } from "@jest/globals";
import { serverOf, withServer } from "../../src/bootstrap/kubeconfig.ts";
import { endpointHistory } from "../../src/config/endpointMove.ts";
import { reachedVersions } from "../../src/config/lastRun.ts";
import type { LastRun } from "../../src/config/reached.ts";
import { machinePatches } from "../../src/talos/machine/machinePlan.ts";
import { testConfig } from "../graph/program.ts";

const [first, old, other] = [9, 10, 11].map((end) => `https://192.0.2.${String(end)}:6443`) as [
  string,
  string,
  string,
];

describe("what came before an endpoint", () => {
  const history = (endpoint: string, before?: string, tokenIssuer?: string): object =>
    endpointHistory({ versions: { tokenIssuer }, endpoint: before }, endpoint);

  it("is nothing on a new cluster, and on one that has never moved", () => {
    expect(history(first)).toStrictEqual({});
    expect(history(first, first)).toStrictEqual({});
    expect(history(first, `${first}/`)).toStrictEqual({});
  });

  it("is the old one while it moves, which stays the issuer of tokens", () => {
    expect(history(old, first)).toStrictEqual({ from: first, tokenIssuer: first });
    expect(history(old, old, first)).toStrictEqual({ tokenIssuer: first });
    expect(history(other, old, first)).toStrictEqual({ from: old, tokenIssuer: first });
  });

  it("is no issuer any more when it is back at the first one", () => {
    expect(history(first, old, first)).toStrictEqual({ from: old });
  });
});

describe("a cluster whose endpoint has moved", () => {
  const config = (endpoint: string, lastRun: LastRun): ReturnType<typeof testConfig> =>
    testConfig({ cluster: { ...testConfig().cluster, endpoint }, lastRun });
  const patches = (endpoint: string, lastRun: LastRun): readonly unknown[] =>
    [...config(endpoint, lastRun).nodes].flatMap((node) =>
      machinePatches(node, config(endpoint, lastRun)).plain.filter((patch) =>
        /certSANs|issuer/.test(JSON.stringify(patch)),
      ),
    );
  const tokens = { "service-account-issuer": first, "api-audiences": first };

  it("has both names in the certificates of its control planes, and only while it moves", () => {
    expect(patches(first, { versions: {} })).toStrictEqual([]);
    expect(patches(first, { versions: {}, endpoint: first })).toStrictEqual([]);
    expect(patches(old, { versions: {}, endpoint: first })).toStrictEqual([
      { cluster: { apiServer: { certSANs: ["192.0.2.9"], extraArgs: tokens } } },
    ]);
    expect(patches(old, { versions: { tokenIssuer: first }, endpoint: old })).toStrictEqual([
      { cluster: { apiServer: { extraArgs: tokens } } },
    ]);
  });

  it("keeps in its outputs who issues tokens", () => {
    expect(reachedVersions(config(old, { versions: {}, endpoint: first }), true).tokenIssuer).toBe(first);
    expect(
      !("tokenIssuer" in reachedVersions(config(first, { versions: {}, endpoint: first }), true)),
    ).toBeTruthy();
  });
});

describe("the kubeconfig that is handed on", () => {
  const raw = (server: string): string =>
    `apiVersion: v1\nclusters:\n- name: home\n  cluster:\n    server: ${server}\n    certificate-authority-data: AAAA\n`;

  it("leads to the endpoint of the stack config", () => {
    expect(withServer(raw(first), old)).toBe(raw(old));
    expect(serverOf(withServer(raw(first), old))).toBe(old);
  });

  it("stays as it is, byte for byte, when it leads there already", () => {
    expect(withServer(raw(first), first)).toBe(raw(first));
    expect(withServer(raw(`${first}/`), first)).toBe(raw(`${first}/`));
  });

  it("is not touched where it names no server", () => {
    expect(withServer("clusters:\n- name: test\n", first)).toBe("clusters:\n- name: test\n");
    expect(serverOf("clusters:\n- name: test\n")).toBe(undefined);
  });
});
