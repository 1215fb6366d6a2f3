// What people read of a talosctl that failed, however it frames its errors.
import { describe, expect, it } from "@jest/globals";
import type { RunResult } from "../../../src/steps/run.ts";
import { reasonOf } from "../../../src/steps/talosctl.ts";
import { failureOf } from "../../../src/talos/machine/talosctlUpgrade.ts";
import { failure } from "../../fakes/clients.ts";

describe("a failed talosctl", () => {
  const lines: readonly (readonly [string, string])[] = [
    [
      "error reading: rpc error: code = NotFound desc = stat /nope: no such file",
      "NotFound: stat /nope: no such file",
    ],
    [
      " * 192.0.2.11: code = FailedPrecondition desc = method is not supported",
      "FailedPrecondition: method is not supported",
    ],
    ["code = Unavailable desc = connection refused", "Unavailable: connection refused"],
    ["something else", "something else"],
  ];
  it.each(lines)('that says "%s"', (said, reason) => {
    expect(reasonOf(failure(`1 error occurred:\n${said}\n\n`))).toBe(reason);
  });
});

describe("what a failed talosctl has printed before", () => {
  const begun = "spec: |\n  machine:\n    token: abcdef.0123456789abcdef\n";

  it("is never repeated: it may be a config with all keys", () => {
    expect(reasonOf({ code: 1, stdout: begun, stderr: "" } as RunResult)).toBe("exit code 1");
    expect(failureOf({ code: -1, stdout: begun, stderr: "talosctl did not answer within 10 s" })).toBe(
      "talosctl upgrade failed: talosctl did not answer within 10 s",
    );
    expect(failureOf({ code: 1, stdout: begun, stderr: "\n" })).toBe("talosctl upgrade failed: exit code 1");
  });
});

describe("a failed upgrade", () => {
  it("is told by the reason of Talos' sequence", () =>
    expect(
      failureOf(
        failure("events…\nsequence error: sequence failed: installer failed with exit code 1\nerror: x\n"),
      ),
    ).toBe("the installer failed: sequence failed: installer failed with exit code 1"));

  it("that was refused is told without the framing of gRPC, with its words or without", () => {
    const expected = "talosctl upgrade failed: FailedPrecondition: method is not supported in container mode";
    for (const framing of ["rpc error: code", "code"])
      expect(
        failureOf(
          failure(
            `error during upgrade: ${framing} = FailedPrecondition desc = method is not supported in container mode\n`,
          ),
        ),
      ).toBe(expected);
  });

  it("that talosctl itself gives up is told by its words", () =>
    expect(failureOf(failure("waiting\nerror: context deadline exceeded\n"))).toBe(
      "talosctl upgrade failed: context deadline exceeded",
    ));
});
