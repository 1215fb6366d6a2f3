import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "@jest/globals";
import { ensureTools } from "../../tools/ensureTools.ts";
import { namesVersion } from "../../tools/found.ts";
import { Fixture } from "./fixture.ts";

const answering = (version: string): string => `#!/bin/sh\n[ "$1" = version ] && echo "Alpha ${version}"\n`;

describe("a program that is there already", () => {
  let fixture: Fixture;
  beforeEach(() => {
    fixture = new Fixture();
  });
  afterEach(() => fixture.remove());

  it("is taken from PATH when its version is the pinned one, and named", async () => {
    const path = fixture.program("alpha", answering("v1.2.3"));
    const toolbox = await ensureTools(fixture.options(["alpha", "gamma"]));
    expect(toolbox["alpha"]).toBe(path);
    expect(fixture.written.split("\n")[0]).toBe(`Tools taken from this computer: alpha ${path}`);
    expect(fixture.calls.length).toBe(1);
  });

  it.each(["v1.2.4", "v1.2.30", "v1.2.3-dev", "v11.2.3", "no version"])(
    "is not taken when it calls itself %s",
    async (version) => {
      const path = fixture.program("alpha", answering(version));
      const toolbox = await ensureTools(fixture.options(["alpha"]));
      expect(toolbox["alpha"]).not.toBe(path);
      expect(fixture.calls.length).toBe(1);
    },
  );

  it("is looked for behind one of a wrong version", async () => {
    const second = join(fixture.folder, "second");
    fixture.program("alpha", answering("v9.9.9"));
    const path = fixture.program("alpha", answering("1.2.3"), second);
    const env = { ...fixture.env, PATH: `${fixture.env.PATH}:${second}` };
    const toolbox = await ensureTools({ ...fixture.options(["alpha"]), env });
    expect(toolbox["alpha"]).toBe(path);
  });

  it.each([".lab/lab/bin", "mise/shims"])("is not taken from %s", async (folder) => {
    const bin = join(fixture.folder, folder);
    fixture.program("alpha", answering("v1.2.3"), bin);
    const env = { ...fixture.env, PATH: `${bin}:${fixture.env.PATH}` };
    const toolbox = await ensureTools({ ...fixture.options(["alpha"]), env });
    expect(toolbox["alpha"]?.startsWith(fixture.cache)).toBeTruthy();
  });

  it("is taken from mise", async () => {
    const path = fixture.program("alpha", answering("v1.2.3"), join(fixture.folder, "installs"));
    fixture.program("mise", `#!/bin/sh\n[ "$1 $2" = "which alpha" ] && echo ${path}\n`);
    const toolbox = await ensureTools(fixture.options(["alpha"]));
    expect(toolbox["alpha"]).toBe(path);
    expect(fixture.written).toMatch(/alpha \S+ \(mise\)/);
  });

  it("is asked only when the cache does not have it", async () => {
    const { alpha } = await ensureTools(fixture.options(["alpha"]));
    fixture.program("alpha", answering("v1.2.3"));
    expect((await ensureTools(fixture.options(["alpha"])))["alpha"]).toBe(alpha);
  });
});

describe("namesVersion", () => {
  it("finds the version in what the real programs print", () => {
    expect(namesVersion("v3.259.0\n", "3.259.0")).toBeTruthy();
    expect(namesVersion("Client Version: v1.35.4\nKustomize Version: v5.7.1\n", "1.35.4")).toBeTruthy();
    expect(namesVersion("etcd Version: 3.6.16\nGit SHA: Not provided\n", "3.6.16")).toBeTruthy();
    expect(namesVersion("kwok version v0.8.0 go1.26.8 (linux/amd64)", "0.8.0")).toBeTruthy();
    expect(namesVersion("sops 3.13.2\n", "3.13.2")).toBeTruthy();
  });

  it("finds it at the end of a sentence", () => {
    expect(namesVersion("This is 1.2.3.", "1.2.3")).toBeTruthy();
  });
});
