// Whether the talosctl at hand can bring what is wanted.
import assert from "node:assert/strict";
import { describe, expect, it } from "@jest/globals";
import { refuseOldClient, withoutDrain } from "../../../src/talos/machine/talosctlUpgrade.ts";
import { fakeTalosctl } from "../../fakes/clients.ts";

describe("a talosctl", () => {
  const refuse = (client: string, talos: string, kubernetes = "v1.34.4"): Promise<void> =>
    refuseOldClient(
      fakeTalosctl(() => "", client),
      { talos, kubernetes },
    );

  it("brings its own minor and older ones", async () => {
    await refuse("v1.12.0", "v1.12.9");
    await refuse("v1.13.9", "v1.12.0", "v1.36.3");
  });

  it("that is older than the wanted Talos is refused, with the one to install", () =>
    assert.rejects(
      refuse("v1.12.0", "v1.13.9"),
      (error: { message: string; todo: string }) =>
        error.message === "talosctl v1.12.0 is older than Talos v1.13.9" &&
        /install talosctl v1\.13 on this computer.*no machine has been touched/.test(error.todo),
    ));

  it("that cannot bring the wanted Kubernetes is refused", () =>
    expect(refuse("v1.12.0", "v1.12.0", "v1.36.3")).rejects.toThrow(
      /talosctl v1\.12\.0 upgrades Kubernetes up to v1\.35, not to v1\.36\.3/,
    ));

  it("is told not to drain from 1.13 on, where it can be", async () => {
    expect(await withoutDrain(fakeTalosctl(() => "", "v1.12.0"))).toStrictEqual([]);
    expect(await withoutDrain(fakeTalosctl(() => "", "v1.13.9"))).toStrictEqual(["--drain=false"]);
  });
});
