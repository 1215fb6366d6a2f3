import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "@jest/globals";
import { Talosctl } from "../../src/steps/talosctl.ts";

describe("a question without a certificate", () => {
  const { PATH } = process.env;
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "talosctl-"));
    process.env["PATH"] = `${folder}${delimiter}${PATH ?? ""}`;
  });
  afterEach(() => {
    process.env["PATH"] = PATH;
    rmSync(folder, { recursive: true });
  });

  /** A talosctl that says these things, one at each call, the last one for ever. */
  function says(...errors: readonly string[]): Talosctl {
    const calls = join(folder, "calls");
    const cases = errors.map(
      (text, index) => `${index === errors.length - 1 ? "*" : String(index)}) echo "${text}" >&2;;`,
    );
    writeFileSync(
      join(folder, "talosctl"),
      `#!/bin/sh\nn=$(cat ${calls} 2>/dev/null || echo 0)\necho $((n + 1)) > ${calls}\ncase $n in ${cases.join(" ")} esac\nexit 1\n`,
    );
    chmodSync(join(folder, "talosctl"), 0o755);
    return new Talosctl(
      { secretFile: (name) => join(folder, name), signal: new AbortController().signal },
      "context: none",
    );
  }

  const calls = (): number => Number(readFileSync(join(folder, "calls"), "utf8"));

  it.each([
    "write tcp 192.0.2.1:4321->192.0.2.11:50000: write: broken pipe",
    "read: connection reset by peer",
  ])("is asked again where the answer was cut off: %s", async (cut) => {
    const talosctl = says(cut, "remote error: tls: certificate required");
    expect((await talosctl.runInsecure("192.0.2.11", ["version"])).stderr).toMatch(/certificate required/);
    expect(calls()).toBe(2);
  });

  it("is asked again once only", async () => {
    expect((await says("write: broken pipe").runInsecure("192.0.2.11", ["version"])).stderr).toMatch(
      /broken pipe/,
    );
    expect(calls()).toBe(2);
  });

  it("is not asked again where there was an answer", async () => {
    await says("remote error: tls: certificate required").runInsecure("192.0.2.11", ["version"]);
    expect(calls()).toBe(1);
  });
});
