import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "@jest/globals";
import { learnEncrypted } from "../../../commands/diff/decrypt.ts";
import { Masker } from "../../../src/steps/mask.ts";

const encrypted = "ENC[AES256_GCM,data:xyz,type:str]";

describe("what encrypted files hold", () => {
  let folder: string;
  let path: string | undefined;
  const write = (file: string, content: string): void => {
    mkdirSync(join(folder, "tree"), { recursive: true });
    writeFileSync(join(folder, "tree", file), content);
  };
  /** A sops that answers with the file's name where its values are, and notes that it was asked. */
  const sops = (script: string): void => {
    writeFileSync(join(folder, "sops"), `#!/bin/sh\necho "$4" >> ${folder}/asked\n${script}\n`);
    chmodSync(join(folder, "sops"), 0o755);
  };
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "decrypt-"));
    path = process.env["PATH"];
    process.env["PATH"] = `${folder}:${path ?? ""}`;
  });
  afterEach(() => {
    process.env["PATH"] = path;
    rmSync(folder, { recursive: true });
  });

  it("is hidden wherever it stands, as text and behind base64; what the file has in clear is not", async () => {
    write("a.sops.yaml", `kind: Secret\nmetadata: {name: plain-name}\nstringData: {a: "${encrypted}"}\n`);
    const data = Buffer.from("another battery staple").toString("base64");
    sops(
      `echo '{"kind":"Secret","metadata":{"name":"plain-name"},"stringData":{"a":"correct horse"},"data":{"b":"${data}"}}'`,
    );
    const masker = new Masker();
    await learnEncrypted([join(folder, "tree")], masker);
    expect(masker.redact(`correct horse, ${data}, another battery staple, plain-name`)).toBe(
      "[secret], [secret], [secret], plain-name",
    );
  });

  it("is known of the files for which there is a key, and stays unknown of the others", async () => {
    write("a.sops.yaml", `stringData: {a: "${encrypted}"}\n`);
    write("b.sops.yaml", `stringData: {b: "${encrypted}"}\n`);
    sops(`case "$4" in *a.sops.yaml) exit 128 ;; esac; echo '{"stringData":{"b":"correct horse"}}'`);
    const masker = new Masker();
    await learnEncrypted([join(folder, "tree")], masker);
    expect(readFileSync(join(folder, "asked"), "utf8").trim().split("\n").length).toBe(2);
    expect(masker.redact("correct horse")).toBe("[secret]");
  });

  it("is asked for in encrypted files only", async () => {
    write("a.yaml", "a: b\n");
    sops("exit 1");
    await learnEncrypted([join(folder, "tree")], new Masker());
    expect(!existsSync(join(folder, "asked"))).toBeTruthy();
  });
});
