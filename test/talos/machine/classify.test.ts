import { describe, expect, it } from "@jest/globals";
import type { RunResult } from "../../../src/steps/run.ts";
import { classify, serverVersion, type MachineClass } from "../../../src/talos/machine/inspect.ts";

const answer =
  "Client:\n\tTag:         v1.12.0\nServer:\n\tNODE:        192.0.2.11\n\tTag:         v1.12.0\n\tSHA:         abc\n";
const ok: RunResult = { code: 0, stdout: answer, stderr: "" };

function failed(stderr: string): RunResult {
  return { code: 1, stdout: "Client:\n\tTag:         v1.12.0\nServer:\n", stderr };
}

// What talosctl 1.12.0 prints. Each row is one kind of machine at the address.
const rows: readonly (readonly [
  kind: string,
  trusted: RunResult,
  insecure: RunResult,
  expected: MachineClass,
])[] = [
  [
    "a machine in maintenance mode",
    failed(
      'rpc error: code = Unavailable desc = connection error: desc = "transport: authentication handshake failed: tls: failed to verify certificate: x509: certificate signed by unknown authority"',
    ),
    ok,
    "maintenance",
  ],
  [
    "a maintenance mode that does not serve versions (Talos 1.11 and older)",
    failed("rpc error: code = Unavailable desc = x509: certificate signed by unknown authority"),
    failed(
      "error getting version: rpc error: code = Unimplemented desc = API is not implemented in maintenance mode",
    ),
    "maintenance",
  ],
  ["a member", ok, failed("remote error: tls: certificate required"), "member"],
  [
    "a machine of another cluster",
    failed("tls: failed to verify certificate: x509: certificate signed by unknown authority"),
    failed("rpc error: code = Unavailable desc = connection error: remote error: tls: certificate required"),
    "foreign",
  ],
  [
    "a machine whose clock is wrong",
    failed(
      "x509: certificate has expired or is not yet valid: current time 2026-11-23T00:00:00Z is before 2026-11-24T00:00:00Z",
    ),
    failed("remote error: tls: certificate required"),
    "clock",
  ],
  [
    "a web server",
    failed("tls: first record does not look like a TLS handshake"),
    failed("tls: first record does not look like a TLS handshake"),
    "stranger",
  ],
  [
    "a machine that is off",
    failed("rpc error: code = Unavailable desc = dial tcp 192.0.2.11:50000: connect: connection refused"),
    { code: -1, stdout: "", stderr: "talosctl did not answer within 8 s" },
    "unreachable",
  ],
];

describe("classify", () => {
  it.each(rows)("recognises %s", (_kind, trusted, insecure, expected) => {
    expect(classify({ trusted, insecure })).toBe(expected);
  });
});

describe("serverVersion", () => {
  it("reads the server's tag, not the client's", () => {
    expect(serverVersion(answer.replace("Tag:         v1.12.0\n\tSHA", "Tag:         v1.11.6\n\tSHA"))).toBe(
      "v1.11.6",
    );
  });

  it("is undefined when only the client answered", () => {
    expect(serverVersion("Client:\n\tTag:         v1.12.0\nServer:\n")).toBe(undefined);
  });
});
