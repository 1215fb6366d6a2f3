// What sops 3.13 wrote for files that were broken by hand, and what comes of it.
import { describe, expect, it } from "@jest/globals";
import { sopsProblem } from "../../tree/sopsProblem.ts";

const file = "cluster/flux/vars/cluster-secrets.sops.yaml";

const rows: readonly (readonly [said: string, message: RegExp, todo: RegExp])[] = [
  ["sops is not on PATH", /sops is not on PATH$/, /^install sops/],
  ["sops did not answer within 30 s", /sops does not end$/, /^try it by hand: sops decrypt/],
  [
    "MAC mismatch. File has AD13, computed 32A3",
    /was changed without sops .*MAC mismatch.*in clear/,
    /git log -p .*sops --rotate --ignore-mac --in-place cluster.*sops edit/,
  ],
  [
    "Error decrypting tree: Error walking tree: Could not decrypt value: Input string clear does not match sops' data format",
    /holds a value in clear/,
    /sops edit .*change the secret/,
  ],
  [
    "Error decrypting tree: Error walking tree: Could not decrypt value: Could not decrypt with AES_GCM: cipher: message authentication failed",
    /damaged/,
    /^take it from the last good commit/,
  ],
  [
    "Failed to get the data key required to decrypt the SOPS file.\n\nGroup 0: FAILED\n  age1x: FAILED\n    - | failed to load age identities",
    /another key than that of ageKeyFile$/,
    /sops updatekeys/,
  ],
  ["sops metadata not found", /is not encrypted$/, /^sops encrypt --in-place/],
  ["yaml: line 40: could not find expected ':'", /is no YAML/, /^correct it/],
  ['Error: cannot operate on non-existent file "/x"', /is not there$/, /^make it: cp .*\.example/],
  ["quite\nnew", /cannot be decrypted: quite new$/, /^try it by hand/],
];

describe("a file that sops does not decrypt", () => {
  for (const [said, message, todo] of rows)
    it(`is explained: ${said.split("\n")[0] ?? ""}`, () => {
      const problem = sopsProblem(file, said);
      expect(`${file} ${problem.what}`).toMatch(message);
      expect(problem.todo).toMatch(todo);
    });
});
