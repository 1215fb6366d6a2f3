// What people read of a talosctl that failed, however it frames its errors.
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { RunResult } from "../../../src/steps/run.ts";
import { reasonOf } from "../../../src/steps/talosctl.ts";
import { failureOf } from "../../../src/talos/upgrade/failure.ts";
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
  for (const [said, reason] of lines)
    it(`that says "${said}"`, () => {
      assert.equal(reasonOf(failure(`1 error occurred:\n${said}\n\n`)), reason);
    });
});

describe("what a failed talosctl has printed before", () => {
  const begun = "spec: |\n  machine:\n    token: abcdef.0123456789abcdef\n";

  it("is never repeated: it may be a config with all keys", () => {
    assert.equal(reasonOf({ code: 1, stdout: begun, stderr: "" } as RunResult), "exit code 1");
    assert.equal(
      failureOf({ code: -1, stdout: begun, stderr: "talosctl did not answer within 10 s" }),
      "talosctl upgrade failed: talosctl did not answer within 10 s",
    );
    assert.equal(failureOf({ code: 1, stdout: begun, stderr: "\n" }), "talosctl upgrade failed: exit code 1");
  });
});

describe("a failed upgrade", () => {
  it("is told by the reason of Talos' sequence", () =>
    assert.equal(
      failureOf(
        failure("events…\nsequence error: sequence failed: installer failed with exit code 1\nerror: x\n"),
      ),
      "the installer failed: sequence failed: installer failed with exit code 1",
    ));

  it("that was refused is told without the framing of gRPC, with its words or without", () => {
    const expected = "talosctl upgrade failed: FailedPrecondition: method is not supported in container mode";
    for (const framing of ["rpc error: code", "code"])
      assert.equal(
        failureOf(
          failure(
            `error during upgrade: ${framing} = FailedPrecondition desc = method is not supported in container mode\n`,
          ),
        ),
        expected,
      );
  });

  it("that talosctl itself gives up is told by its words", () =>
    assert.equal(
      failureOf(failure("waiting\nerror: context deadline exceeded\n")),
      "talosctl upgrade failed: context deadline exceeded",
    ));
});
