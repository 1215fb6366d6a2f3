import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "@jest/globals";
import { gunzipSync } from "node:zlib";
import tar from "tar-stream";
import { parse } from "yaml";
import { buildChart } from "../../../lab/charts/chart.ts";
import { openCharts } from "../../../lab/charts/charts.ts";
import { readTreeSources } from "../../../lab/charts/tree.ts";
import { listenerOf } from "../../../lab/proxy/http.ts";

let root: string;
let tree: string;
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), "lab-charts-"));
  tree = join(root, "cluster");
  await mkdir(join(tree, "apps/web/podinfo/app"), { recursive: true });
  await writeRelease("6.9.2");
  await writeFile(
    join(tree, "repositories.yaml"),
    `apiVersion: source.toolkit.fluxcd.io/v1
kind: HelmRepository
metadata: {name: podinfo}
spec: {url: https://stefanprodan.github.io/podinfo, interval: 1h}
---
apiVersion: source.toolkit.fluxcd.io/v1
kind: HelmRepository
metadata: {name: jetstack}
spec: {url: https://charts.jetstack.io/, interval: 1h}
---
apiVersion: source.toolkit.fluxcd.io/v1
kind: OCIRepository
metadata: {name: flux-manifests}
spec: {url: "oci://ghcr.io/fluxcd/flux-manifests", interval: 1h}
---
apiVersion: source.toolkit.fluxcd.io/v1
kind: OCIRepository
metadata: {name: app-template}
spec: {url: "oci://ghcr.io/bjw-s-labs/helm/app-template", ref: {tag: 5.1.0}, interval: 1h}
---
apiVersion: source.toolkit.fluxcd.io/v1
kind: HelmRepository
metadata: {name: grafana}
spec: {type: oci, url: "oci://quay.io/grafana/charts", interval: 1h}
---
apiVersion: helm.toolkit.fluxcd.io/v2
kind: HelmRelease
metadata: {name: home}
spec: {chartRef: {kind: OCIRepository, name: app-template}}
---
apiVersion: helm.toolkit.fluxcd.io/v2
kind: HelmRelease
metadata: {name: loki}
spec: {chart: {spec: {chart: loki, version: 7.x, sourceRef: {kind: HelmRepository, name: grafana}}}}
`,
  );
  await writeFile(join(tree, "broken.yaml"), "kind: HelmRelease\n  - }{");
});
afterAll(() => rm(root, { recursive: true }));

function writeRelease(version: string): Promise<void> {
  return writeFile(
    join(tree, "apps/web/podinfo/app/helmrelease.yaml"),
    `apiVersion: helm.toolkit.fluxcd.io/v2
kind: HelmRelease
metadata: {name: podinfo}
spec:
  chart:
    spec: {chart: podinfo, version: ${version}, sourceRef: {kind: HelmRepository, name: podinfo}}
`,
  );
}

const podinfo = "https://stefanprodan.github.io/podinfo";

test("finds charts, repositories and registries in a tree", () => {
  expect(readTreeSources(tree)).toStrictEqual({
    charts: [{ repository: podinfo, name: "podinfo", version: "6.9.2" }],
    ociCharts: [
      { host: "ghcr.io", repository: "bjw-s-labs/helm/app-template", version: "5.1.0" },
      { host: "quay.io", repository: "grafana/charts/loki", version: "7.x" },
    ],
    helmRepositories: [podinfo, "https://charts.jetstack.io/"],
    registryHosts: ["ghcr.io", "quay.io"],
  });
});

test("a tree that is not there yet names nothing", () => {
  expect(readTreeSources(join(root, "nowhere"))).toStrictEqual({
    charts: [],
    ociCharts: [],
    helmRepositories: [],
    registryHosts: [],
  });
});

test("serves what the tree names, and goes on serving what it once named", async () => {
  const cilium = { repository: "https://helm.cilium.io/", name: "cilium", version: "1.19.7" };
  const open = () =>
    openCharts({
      file: join(root, "charts.json"),
      wanted: () => [cilium, ...readTreeSources(tree).charts],
      repositories: () => readTreeSources(tree).helmRepositories,
    });
  let charts = open();
  expect(charts.hosts().toSorted()).toStrictEqual([
    "charts.jetstack.io",
    "helm.cilium.io",
    "stefanprodan.github.io",
  ]);
  const server = createServer((request, response) => {
    const handler = charts.handlerFor(request.headers["x-host"] as string);
    listenerOf(handler, () => undefined)(request, response);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const base = `http://127.0.0.1:${String((server.address() as AddressInfo).port)}`;
  const get = (host: string, path: string) => fetch(`${base}${path}`, { headers: { "x-host": host } });

  const index = parse(await (await get("stefanprodan.github.io", "/podinfo/index.yaml")).text()) as {
    entries: Record<string, { version: string; urls: string[]; digest: string }[]>;
  };
  const entry = index.entries["podinfo"]?.[0];
  expect(entry?.urls).toStrictEqual(["podinfo-6.9.2.tgz"]);
  const bytes = Buffer.from(
    await (await get("stefanprodan.github.io", "/podinfo/podinfo-6.9.2.tgz")).arrayBuffer(),
  );
  expect(createHash("sha256").update(bytes).digest("hex")).toBe(entry?.digest);
  expect((await get("stefanprodan.github.io", "/podinfo/podinfo-9.9.9.tgz")).status).toBe(404);
  expect((await get("helm.cilium.io", "/cilium-1.19.7.tgz")).status).toBe(200);
  expect(parse(await (await get("charts.jetstack.io", "/index.yaml")).text()).entries).toStrictEqual({});

  await writeRelease("6.10.0");
  charts = open();
  const later = parse(
    await (await get("stefanprodan.github.io", "/podinfo/index.yaml")).text(),
  ) as typeof index;
  expect(later.entries["podinfo"]?.map(({ version }) => version)).toStrictEqual(["6.10.0", "6.9.2"]);
  server.close();
});

test.each(["cilium", "cert-manager", "podinfo"])(
  "the chart %s is the same bytes every time and complete",
  async (name) => {
    const chart = await buildChart(name, "1.2.3");
    expect((await buildChart(name, "1.2.3")).digest).toBe(chart.digest);
    const files: string[] = [];
    const extract = tar.extract();
    extract.on("entry", (header, stream, next) => {
      files.push(header.name);
      stream.resume();
      stream.once("end", next);
    });
    const finished = new Promise<void>((resolve) => extract.once("finish", () => resolve()));
    extract.end(gunzipSync(chart.bytes));
    await finished;
    assert.ok(files.includes(`${name}/Chart.yaml`) && files.includes(`${name}/values.yaml`));
    expect(files.some((file) => file.startsWith(`${name}/templates/`))).toBeTruthy();
  },
);
