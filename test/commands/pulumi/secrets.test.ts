import { describe, expect, it } from "@jest/globals";
import { learnState, secretsOfConfig } from "../../../commands/pulumi/secrets.ts";
import { hasMark, plainOf } from "../../../commands/pulumi/state.ts";
import { Masker } from "../../../src/steps/mask.ts";
import { urn } from "../plan/sample.ts";

function marked(value: unknown): object {
  return {
    "4dabf18193072939515e22adb298388d": "1b47061264138c4ac30d75fd1eb44270",
    plaintext: JSON.stringify(value),
  };
}

describe("the secrets of a state", () => {
  const masker = new Masker();
  learnState(
    [
      {
        urn: urn("secrets", "talos-secrets"),
        outputs: { machineSecrets: marked({ trustdinfo: { token: "trustd-token" } }), clear: "not-a-secret" },
      },
      {
        urn: urn("secret", "flux-secrets-webhook-token-secret"),
        inputs: { stringData: { token: marked("webhook-token") } },
      },
      {
        urn: urn("command", "flux-secrets-deploy-key-pair"),
        inputs: { logging: "none" },
        outputs: { stdout: marked("made-by-a-step") },
      },
      {
        urn: urn("command", "talos-k8s-1-os"),
        inputs: {
          logging: "stdoutAndStderr",
          environment: { TALOSCONFIG_TEXT: marked("context: home\nkey: hush-hush\n") },
        },
        outputs: { stdout: marked("k8s-1 runs v1.13.9") },
      },
      {
        urn: urn("config", "talos-k8s-1-config"),
        inputs: {
          machineConfigurationInput: marked(
            "cluster:\n  controlPlane:\n    endpoint: https://home.k8s.example.com:6443\n",
          ),
          configPatches: marked([
            '{"machine":{"registries":{"config":{"ghcr.io":{"auth":{"password":"registry-password"}}}}}}',
            '{"machine":{"nodeLabels":{"zone":"label-of-home-1234567"}}}',
          ]),
        },
        outputs: { host: marked("https://192.0.2.10:6443") },
      },
      {
        urn: urn("release", "cluster-cilium"),
        inputs: { values: { ipam: { mode: "kubernetes" }, hubble: { key: marked("hubble-password") } } },
        outputs: {
          __inputs: marked({ values: { ipam: { mode: "kubernetes" }, hubble: { key: "hubble-password" } } }),
        },
      },
    ],
    masker,
  );

  it.each(["trustd-token", "webhook-token", "made-by-a-step", "registry-password", "hubble-password"])(
    "are known: %s",
    (secret) => {
      expect(masker.redact(`a ${secret} b`)).toBe("a [secret] b");
    },
  );

  it.each([
    "not-a-secret",
    "k8s-1 runs v1.13.9",
    "https://home.k8s.example.com:6443",
    "https://192.0.2.10:6443",
    "label-of-home-1234567",
    "node-role.kubernetes.io/worker",
  ])("are not what stands beside them: %s", (clear) => {
    expect(masker.redact(clear)).toBe(clear);
  });

  it("can be read and recognised", () => {
    const value = { a: [marked({ b: marked("c") })] };
    expect(plainOf(value)).toStrictEqual({ a: [{ b: "c" }] });
    expect(hasMark(value)).toBeTruthy();
    expect(!hasMark({ a: ["b"] })).toBeTruthy();
  });
});

describe("the secrets of a stack config", () => {
  const patches = { objectValue: { common: [{ a: "clear" }, { b: "hush" }] }, secret: true };

  it("are the values that are encrypted as a whole, and no others", () => {
    expect(
      secretsOfConfig(
        { "home-ops:a": { value: "x", secret: false }, "home-ops:b": { value: "y", secret: true } },
        {},
      ),
    ).toStrictEqual(["y"]);
  });

  it("are in an object where the stack file says secure", () => {
    const file = { "home-ops:patches": { common: [{ a: "clear" }, { b: { secure: "v1:…" } }] } };
    expect(secretsOfConfig({ "home-ops:patches": patches }, file)).toStrictEqual(["hush"]);
  });

  it("are all texts of an object of which the stack file is not there", () => {
    expect(secretsOfConfig({ "home-ops:patches": patches }, undefined)).toStrictEqual(["clear", "hush"]);
  });
});
