import assert from "node:assert/strict";
import { describe, expect, it } from "@jest/globals";
import { z } from "zod";
import { gitHost, text, type Contract, type InputOf } from "../../src/steps/contract.ts";
import type { StepError } from "../../src/steps/stepError.ts";
import { carried, inputsOf, textOf } from "../../src/steps/transport.ts";

const machine = z.object({ name: text, address: text });
const contract = {
  name: "try-it",
  inputs: {
    node: machine,
    role: z.enum(["controlplane", "worker"]),
    git: gitHost,
    controlPlanes: z.array(machine),
    drainSeconds: z.number(),
    suspend: z.boolean().optional(),
    recipients: z.array(text),
  },
  secrets: { talosconfigText: text },
  inherited: { githubToken: text.optional() },
  timeoutSeconds: 1,
} satisfies Contract;

const input = {
  node: { name: "k8s-1", address: "192.0.2.11" },
  role: "worker" as const,
  git: {
    url: "ssh://git@host/x.git",
    knownHosts: ["[host]:2222 ssh-ed25519 AAAA", "[host]:2222 ssh-rsa BBBB"],
  },
  controlPlanes: [{ name: "k8s-1", address: "192.0.2.11" }],
  drainSeconds: 300,
  recipients: [],
  talosconfigText: "context: home\n",
};

function environmentOf(given: Readonly<Record<string, unknown>>): Record<string, string> {
  return Object.fromEntries(
    carried({ ...contract.inputs, ...contract.secrets }, given).map(({ name, field, value }) => [
      name,
      textOf(field, value),
    ]),
  );
}

describe("what a step is told", () => {
  it("travels under readable names", () => {
    expect(environmentOf(input)).toStrictEqual({
      NODE_NAME: "k8s-1",
      NODE_ADDRESS: "192.0.2.11",
      ROLE: "worker",
      GIT_URL: "ssh://git@host/x.git",
      GIT_KNOWN_HOSTS: "[host]:2222 ssh-ed25519 AAAA\n[host]:2222 ssh-rsa BBBB",
      CONTROL_PLANES: '[{"name":"k8s-1","address":"192.0.2.11"}]',
      DRAIN_SECONDS: "300",
      RECIPIENTS: "[]",
      TALOSCONFIG_TEXT: "context: home\n",
    });
  });

  it("arrives as it was given", () => {
    const found: InputOf<typeof contract> = inputsOf(contract, environmentOf(input));
    expect(found).toStrictEqual({ ...input, suspend: undefined, githubToken: undefined });
    const more = { ...input, suspend: true, recipients: ["age1", "age2"], controlPlanes: [] };
    expect(inputsOf(contract, { ...environmentOf(more), GITHUB_TOKEN: "ghp" })).toStrictEqual({
      ...more,
      githubToken: "ghp",
    });
  });

  it("is no more than the contract names", () => {
    const given = { ...input, controlPlanes: [{ name: "k8s-1", address: "x", patches: ["secret"] }] };
    expect(JSON.stringify(environmentOf(given))).not.toMatch(/patches|secret/);
  });

  it("takes an empty variable for none", () => {
    expect(inputsOf(contract, { ...environmentOf(input), GITHUB_TOKEN: "" }).githubToken).toBe(undefined);
  });

  const { DRAIN_SECONDS: _drain, ...withoutDrain } = environmentOf(input);
  it.each([
    ["a missing input", withoutDrain, "drainSeconds (DRAIN_SECONDS): expected number, but it is not set"],
    [
      "a number that is none",
      { DRAIN_SECONDS: "long" },
      "drainSeconds (DRAIN_SECONDS): expected number, received string",
    ],
    ["another choice", { ROLE: "king" }, 'role (ROLE): expected one of "controlplane"|"worker"'],
    [
      "a list of other things",
      { CONTROL_PLANES: '[{"name":"k8s-1"}]' },
      "controlPlanes.0.address (CONTROL_PLANES): expected string, but it is not set",
    ],
    [
      "a text that is no list",
      { CONTROL_PLANES: "k8s-1" },
      "controlPlanes (CONTROL_PLANES): expected array, received string",
    ],
    [
      "a missing secret",
      { TALOSCONFIG_TEXT: "" },
      "talosconfigText (TALOSCONFIG_TEXT): expected string, but it is not set",
    ],
  ] as const)("is refused by step and input: %s", (what, environment, message) => {
    const base = what === "a missing input" ? {} : environmentOf(input);
    assert.throws(
      () => inputsOf(contract, { ...base, ...environment }),
      (error: StepError) => {
        expect(error.message).toBe(`step try-it: ${message}`);
        return true;
      },
    );
  });
});
