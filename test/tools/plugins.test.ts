import assert from "node:assert/strict";
import { existsSync, readdirSync, realpathSync } from "node:fs";
import { dirname, join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "@jest/globals";
import { findOfficialPlugins, pluginFile, plugins, type FindPluginsOptions } from "../../tools/plugins.ts";
import { Fixture } from "./fixture.ts";

const talos = plugins.filter(({ name }) => name === "talos");

describe("findOfficialPlugins", () => {
  let fixture: Fixture;
  beforeEach(() => {
    fixture = new Fixture();
  });
  afterEach(() => fixture.remove());

  const options = (env: Readonly<Record<string, string>> = {}): FindPluginsOptions => ({
    plugins: talos,
    env: { ...fixture.env, PULUMI_HOME: join(fixture.folder, "own"), ...env },
    patienceMs: 200,
  });
  /** A pulumi that installs, or does not, and notes its words. */
  const pulumi = (then: string): string =>
    fixture.program("pulumi", `#!/bin/sh\necho "$@" >> "$FAKE_GO/calls"\n${then}\n`);

  it("takes the user's own installed one", async () => {
    const plugin = talos[0];
    assert.ok(plugin);
    const path = pluginFile(join(fixture.folder, "own"), plugin);
    fixture.program("pulumi-resource-talos", "#!/bin/sh\n", dirname(path));
    const found = await findOfficialPlugins(options());
    expect(found.paths).toStrictEqual({ talos: path });
    expect(realpathSync(join(found.folder ?? "", "pulumi-resource-talos"))).toBe(path);
  });

  it("does not take a lab's stand-in for an official one", async () => {
    const plugin = talos[0];
    assert.ok(plugin);
    const home = join(fixture.folder, ".lab", "lab", "pulumi-home");
    fixture.program("pulumi-resource-talos", "#!/bin/sh\n", dirname(pluginFile(home, plugin)));
    expect((await findOfficialPlugins(options({ PULUMI_HOME: home }))).paths).toStrictEqual({});
  });

  it("installs one into a home of its own, and finds it there the next time", async () => {
    const home = join(fixture.cache, "..", "plugins");
    const folder = '"$PULUMI_HOME/plugins/resource-talos-v0.8.1"';
    const program = pulumi(`mkdir -p ${folder} && echo x > ${folder}/pulumi-resource-talos`);
    const first = await findOfficialPlugins({ ...options(), pulumi: program });
    expect(first.paths).toStrictEqual({
      talos: join(home, "plugins", "resource-talos-v0.8.1", "pulumi-resource-talos"),
    });
    expect(await findOfficialPlugins({ ...options(), pulumi: program })).toStrictEqual(first);
    expect(fixture.calls).toStrictEqual([
      "plugin install resource talos 0.8.1 --server github://api.github.com/pulumiverse --non-interactive",
    ]);
    expect(readdirSync(home).every((name) => !name.startsWith("download-"))).toBeTruthy();
  });

  it("gives up when nothing arrives, and does not try again that day", async () => {
    const program = pulumi("exec sleep 60");
    for (let time = 0; time < 2; time += 1)
      expect(await findOfficialPlugins({ ...options(), pulumi: program })).toStrictEqual({
        paths: {},
        folder: undefined,
      });
    expect(fixture.calls.length).toBe(1);
  });

  it("takes only those of the folder that the setting names", async () => {
    const folder = join(fixture.folder, "mine");
    const path = fixture.program("pulumi-resource-talos", "#!/bin/sh\n", folder);
    const found = await findOfficialPlugins({
      ...options({ HOME_OPS_PLUGINS: folder }),
      plugins,
      pulumi: pulumi("exit 1"),
    });
    expect(found).toStrictEqual({ paths: { talos: path }, folder });
    expect(fixture.calls).toStrictEqual([]);
  });

  it("takes none when the setting says lab", async () => {
    const found = await findOfficialPlugins({
      ...options({ HOME_OPS_PLUGINS: "lab" }),
      pulumi: pulumi("exit 1"),
    });
    expect(found.paths).toStrictEqual({});
    expect(existsSync(join(fixture.folder, "calls"))).toBe(false);
  });

  it("refuses a setting that names no folder", async () => {
    await expect(findOfficialPlugins(options({ HOME_OPS_PLUGINS: "/no/such/folder" }))).rejects.toThrow(
      /^HOME_OPS_PLUGINS: the folder \/no\/such\/folder does not exist/,
    );
  });
});
