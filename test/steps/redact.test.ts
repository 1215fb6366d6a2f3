import { describe, expect, it } from "@jest/globals";
import { Redactor } from "../../src/steps/redact.ts";

describe("Redactor", () => {
  it("hides what it was told, whole or by the words that look random", () => {
    const redactor = new Redactor();
    redactor.learn("token: abc123abc123abc123abc123\nname: lab");
    expect(redactor.redact("refused abc123abc123abc123abc123 for lab")).toBe("refused [secret] for lab");
  });

  it("keeps ordinary words of a secret document", () => {
    const redactor = new Redactor();
    redactor.learn("current-context: admin@home\nserver: https://192.0.2.10:6443");
    expect(redactor.redact("context admin@home")).toBe("context admin@home");
  });

  const shapes: readonly (readonly [name: string, text: string])[] = [
    ["a PEM private key", "-----BEGIN ED25519 PRIVATE KEY-----\nMC4CAQ\n-----END ED25519 PRIVATE KEY-----"],
    ["a PEM private key that is cut off", "-----BEGIN OPENSSH PRIVATE KEY-----\nb3Blbn"],
    ["an age identity", "AGE-SECRET-KEY-1QQPQQ0EZLWXUHX60J5RSTUVW"],
    ["a GitHub token", "ghp_0123456789abcdefghijABCDEFGHIJ012345"],
    ["a fine-grained GitHub token", "github_pat_11ABCDEFG0123456789_abcdefghijklmnop"],
    ["a base64 PEM of a kubeconfig", "LS0tLS1CRUdJTiBFQyBQUklWQVRFIEtFWS0tLS0tCk1JSGNB"],
    ["a Slack token", "xoxb-0123456789-abcdef"],
    ["a Docker token", "dckr_pat_0123456789-abcdef"],
    ["a service account token", "eyJhbGciOiJSUzI1NiIsImtpZCI6.eyJpc3MiOiJrdWJlcm5ldGVz.c2lnbmF0dXJl"],
  ];
  it("hides the password in a URL and nothing else of it", () => {
    expect(
      new Redactor().redact("GET https://me:hunter2@git.example.com/a: 401, see https://example.com:443/a@b"),
    ).toBe("GET https://me:[secret]@git.example.com/a: 401, see https://example.com:443/a@b");
  });

  it.each(shapes)("hides %s that it was never told", (_name, text) => {
    expect(new Redactor().redact(`before ${text} after`.replace(/ after$/, ""))).toBe("before [secret]");
  });
});
