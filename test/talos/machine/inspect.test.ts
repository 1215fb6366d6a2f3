// What a machine is taken for, and in which words it is refused.
import { describe, expect, it } from "@jest/globals";
import type { RunResult } from "../../../src/steps/run.ts";
import type { StepError } from "../../../src/steps/stepError.ts";
import { requireItself } from "../../../src/talos/identity/ask.ts";
import { inspect, refusal, stageOf } from "../../../src/talos/machine/inspect.ts";
import { failure, fakeTalosctl, quickStep, quietStep } from "../../fakes/clients.ts";

const machine = { name: "k8s-1", address: "192.0.2.11" };
const version = "Client:\n\tTag: v1.13.0\nServer:\n\tTag:         v1.12.0\n";
const untrusted = failure(
  'rpc error: code = Unavailable desc = connection error: desc = "transport: authentication handshake failed: tls: failed to verify certificate: x509: certificate signed by unknown authority"',
);

const look = (trusted: string | RunResult, insecure: string | RunResult): Promise<string | undefined> =>
  inspect(
    {
      step: quietStep().step,
      talosctl: fakeTalosctl((_address, command) => (command.endsWith("--insecure") ? insecure : trusted)),
    },
    machine,
  );

describe("a machine", () => {
  it("is a member with its version, or waits for a config", async () => {
    expect(await look(version, failure("x509"))).toBe("v1.12.0");
    expect(await look(untrusted, version)).toBe(undefined);
  });

  it.each([
    [
      "another cluster's",
      untrusted,
      untrusted,
      /belongs to another cluster: it runs Talos, but not with this cluster's certificates/,
      /talosctl reset --graceful=false --reboot -n 192\.0\.2\.11/,
    ],
    [
      "one whose clock is wrong",
      failure(
        "x509: certificate has expired or is not yet valid: current time 2019-01-01T00:00:00Z is before 2026",
      ),
      untrusted,
      /refuses the certificates because of the time: .*not yet valid/,
      /set the clock of that machine/,
    ],
    [
      "somebody else's address",
      failure("tls: first record does not look like a TLS handshake"),
      failure("tls: first record does not look like a TLS handshake"),
      /does not speak the Talos API on port 50000: tls: first record/,
      /check the address of k8s-1/,
    ],
  ])("is refused as %s", async (_what, trusted, insecure, message, todo) => {
    const error = await look(trusted, insecure).catch((caught: unknown) => caught as StepError);
    expect((error as StepError).message).toMatch(/^k8s-1: the machine at 192\.0\.2\.11 /);
    expect((error as StepError).message).toMatch(message);
    expect((error as StepError).todo).toMatch(todo);
  });

  it("that is off is waited for, and named with how long", () => {
    const refused = failure("connection refused");
    const talosctl = fakeTalosctl(() => refused);
    const probe = { trusted: refused, insecure: refused };
    expect(refusal("unreachable", machine, probe, "(waited 30 s)")?.message).toBe(
      "k8s-1: the machine at 192.0.2.11 does not answer on port 50000 (waited 30 s): connection refused",
    );
    return expect(inspect({ step: quickStep(), talosctl }, machine)).rejects.toThrow(
      /k8s-1: no answer from 192\.0\.2\.11 yet: connection refused/,
    );
  });

  it("says what it does, or nothing", async () => {
    const stage = fakeTalosctl((_address, command) =>
      command === "get machinestatus -o yaml" ? "spec:\n    stage: rebooting\n" : undefined,
    );
    expect(await stageOf(stage, machine)).toBe("rebooting");
    expect(
      await stageOf(
        fakeTalosctl(() => undefined),
        machine,
      ),
    ).toBe(undefined);
  });
});

describe("a machine that is about to be changed for good", () => {
  const named = (answer: string | RunResult): ReturnType<typeof fakeTalosctl> => fakeTalosctl(() => answer);

  it("has to say that it is itself", async () => {
    const { step } = quietStep();
    await requireItself({ step, talosctl: named('spec:\n    hostname: "k8s-1"\n') }, machine, "x");
    await expect(
      requireItself({ step, talosctl: named("spec:\n    hostname: k8s-2\n") }, machine, "x"),
    ).rejects.toThrow("k8s-1: the machine at 192.0.2.11 says that it is k8s-2; nothing has been done to it");
  });

  it("is left alone while it does not say who it is", () =>
    expect(
      requireItself({ step: quickStep(), talosctl: named(failure("not found")) }, machine, "x"),
    ).rejects.toThrow(
      /k8s-1: the machine at 192\.0\.2\.11 says who it is: .*does not say its name: not found/,
    ));
});
