import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { serverOf, withServer } from "../../src/bootstrap/kubeconfig.ts";
import { endpointHistory } from "../../src/config/endpointMove.ts";
import { reachedVersions } from "../../src/config/lastRun.ts";
import type { LastRun } from "../../src/config/reached.ts";
import { machinePatches } from "../../src/talos/machineConfig.ts";
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
    assert.deepEqual(history(first), {});
    assert.deepEqual(history(first, first), {});
    assert.deepEqual(history(first, `${first}/`), {});
  });

  it("is the old one while it moves, which stays the issuer of tokens", () => {
    assert.deepEqual(history(old, first), { from: first, tokenIssuer: first });
    assert.deepEqual(history(old, old, first), { tokenIssuer: first });
    assert.deepEqual(history(other, old, first), { from: old, tokenIssuer: first });
  });

  it("is no issuer any more when it is back at the first one", () => {
    assert.deepEqual(history(first, old, first), { from: old });
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
    assert.deepEqual(patches(first, { versions: {} }), []);
    assert.deepEqual(patches(first, { versions: {}, endpoint: first }), []);
    assert.deepEqual(patches(old, { versions: {}, endpoint: first }), [
      { cluster: { apiServer: { certSANs: ["192.0.2.9"], extraArgs: tokens } } },
    ]);
    assert.deepEqual(patches(old, { versions: { tokenIssuer: first }, endpoint: old }), [
      { cluster: { apiServer: { extraArgs: tokens } } },
    ]);
  });

  it("keeps in its outputs who issues tokens", () => {
    assert.equal(reachedVersions(config(old, { versions: {}, endpoint: first }), true).tokenIssuer, first);
    assert.ok(!("tokenIssuer" in reachedVersions(config(first, { versions: {}, endpoint: first }), true)));
  });
});

describe("the kubeconfig that is handed on", () => {
  const raw = (server: string): string =>
    `apiVersion: v1\nclusters:\n- name: home\n  cluster:\n    server: ${server}\n    certificate-authority-data: AAAA\n`;

  it("leads to the endpoint of the stack config", () => {
    assert.equal(withServer(raw(first), old), raw(old));
    assert.equal(serverOf(withServer(raw(first), old)), old);
  });

  it("stays as it is, byte for byte, when it leads there already", () => {
    assert.equal(withServer(raw(first), first), raw(first));
    assert.equal(withServer(raw(`${first}/`), first), raw(`${first}/`));
  });

  it("is not touched where it names no server", () => {
    assert.equal(withServer("clusters:\n- name: test\n", first), "clusters:\n- name: test\n");
    assert.equal(serverOf("clusters:\n- name: test\n"), undefined);
  });
});
