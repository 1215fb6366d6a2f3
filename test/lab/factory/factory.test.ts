import { mkdtemp, rm } from "node:fs/promises";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "@jest/globals";
import { openFactory } from "../../../lab/factory/factory.ts";
import { canonical, vanillaSchematic } from "../../../lab/factory/schematics.ts";
import { listenerOf } from "../../../lab/proxy/http.ts";

// Ids of the real Factory, as its documentation gives them.
const vanilla = "376567988ad370138ad8b2698212367b8edcb69b5fd68c80be1f2ec7d603b4ba";
const guestAgent = "ce4c980550dd2ab1b17bbf2b08801c7eb59418eafe8f279833297925d67c7515";
const guestAgentText =
  "customization:\n  systemExtensions:\n    officialExtensions: [siderolabs/qemu-guest-agent]\n";

test("ids are those of the real Factory", () => {
  expect(vanillaSchematic.id).toBe(vanilla);
  expect(canonical("{}").id).toBe(vanilla);
  expect(canonical("").id).toBe(vanilla);
  expect(canonical(guestAgentText).id).toBe(guestAgent);
  expect(canonical(JSON.stringify({ customization: { meta: [], systemExtensions: {} } })).id).toBe(vanilla);
});

test("the order of fields does not change the id", () => {
  const a = canonical(
    "customization: {extraKernelArgs: [a=b], systemExtensions: {officialExtensions: [siderolabs/gvisor]}}",
  );
  const b = canonical(
    "customization: {systemExtensions: {officialExtensions: [siderolabs/gvisor]}, extraKernelArgs: [a=b]}",
  );
  expect(a.id).toBe(b.id);
});

test.each([
  ["customisation: {}", /field customisation not found in schematic/],
  [
    "customization: {systemExtensions: {official: []}}",
    /field official not found in customization\.systemExtensions/,
  ],
  ["customization: {extraKernelArgs: a=b}", /customization\.extraKernelArgs: expected a list of texts/],
] as const)("refuses %s", (posted, message) => {
  expect(() => canonical(posted)).toThrow(message);
});

let root: string;
let base: string;
const server = createServer();
const open = () => openFactory({ root, versions: ["v1.11.6", "v1.12.0"] });
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), "lab-factory-"));
  server.on("request", (request, response) => {
    listenerOf(open().handler, () => undefined)(request, response);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  base = `http://127.0.0.1:${String((server.address() as AddressInfo).port)}`;
});
afterAll(async () => {
  server.close();
  await rm(root, { recursive: true });
});

test("a posted schematic is known from then on, over a restart", async () => {
  expect(open().hasInstaller(`factory.talos.dev/metal-installer/${guestAgent}:v1.12.0`)).toBe(false);
  const manifest = `${base}/v2/metal-installer/${guestAgent}/manifests/v1.12.0`;
  expect((await fetch(manifest)).status).toBe(404);
  const posted = await fetch(`${base}/schematics`, { method: "POST", body: guestAgentText });
  expect(posted.status).toBe(201);
  expect(await posted.json()).toStrictEqual({ id: guestAgent });
  expect((await fetch(manifest, { method: "HEAD" })).status).toBe(200);
  expect(await (await fetch(`${base}/schematics/${guestAgent}`)).text()).toMatch(/qemu-guest-agent/);
  expect(open().hasInstaller(`factory.talos.dev/metal-installer/${guestAgent}:v1.12.0`)).toBe(true);
});

test("versions and extensions", async () => {
  expect(await (await fetch(`${base}/versions`)).json()).toStrictEqual(["v1.11.6", "v1.12.0"]);
  const list = (await (await fetch(`${base}/version/v1.12.0/extensions/official`)).json()) as {
    name: string;
  }[];
  expect(list.some(({ name }) => name === "siderolabs/qemu-guest-agent")).toBeTruthy();
  expect((await fetch(`${base}/version/v9.9.9/extensions/official`)).status).toBe(404);
});

test("installer images: known versions exist with everything they lead to, others do not", async () => {
  const repository = `${base}/v2/metal-installer/${vanilla}`;
  const answer = await fetch(`${repository}/manifests/v1.12.0`);
  expect(answer.headers.get("content-type")).toBe("application/vnd.oci.image.index.v1+json");
  const index = (await answer.json()) as { manifests: { digest: string }[] };
  for (const { digest } of index.manifests) {
    const manifest = (await (await fetch(`${repository}/manifests/${digest}`)).json()) as {
      config: { digest: string };
      layers: { digest: string }[];
    };
    for (const blob of [manifest.config, ...manifest.layers])
      expect((await fetch(`${repository}/blobs/${blob.digest}`)).status).toBe(200);
  }
  const missing = await fetch(`${repository}/manifests/v9.9.9`);
  expect(missing.status).toBe(404);
  expect(await missing.text()).toMatch(/MANIFEST_UNKNOWN/);
  expect((await fetch(`${base}/v2/metal-installer/${"0".repeat(64)}/manifests/v1.12.0`)).status).toBe(404);
});
