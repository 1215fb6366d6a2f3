// Stopping a lab that does not run, while somebody else answers at its addresses.
import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "@jest/globals";
import { statusIfRunning, stopSupervisor } from "../../../lab/cli/supervise.ts";
import { layoutOf } from "../../../lab/layout.ts";
import { serveControl } from "../../../lab/supervisor/control.ts";
import { freeNetwork } from "../freeNetwork.ts";

describe("a stopped lab whose addresses another lab has taken", () => {
  it("is not running, so that it can be removed", async () => {
    const root = mkdtempSync(join(tmpdir(), "labs-"));
    const { slot } = await freeNetwork();
    const [here, there] = [layoutOf(root, "here", "lab", slot), layoutOf(root, "there", "lab", slot)];
    const server = await serveControl(there, {
      status: () => ({}),
      stop: () => assert.fail("the other lab must not be stopped"),
    });
    try {
      expect(await stopSupervisor(here)).toBe(false);
      await expect(statusIfRunning(here)).rejects.toThrow(
        new RegExp(`another lab holds 127\\.10\\.${String(slot)}\\.0/24`),
      );
    } finally {
      server.close();
      rmSync(root, { recursive: true, force: true });
    }
  });
});
