// What sops says when it does not decrypt, in words and with what to do. Pure.

interface Kind {
  readonly pattern: RegExp;
  /** What is wrong with the file, e.g. `holds a value that is damaged`. */
  readonly what: string;
  readonly todo: (file: string) => string;
}

/** First match wins. Source: getsops/sops v3.11 cmd/sops/common, aes, age. */
const kinds: readonly Kind[] = [
  {
    pattern: /is not on PATH/,
    what: "cannot be decrypted: sops is not on PATH",
    todo: () => "install sops, then run pulumi up again",
  },
  {
    pattern: /did not answer within/,
    what: "cannot be decrypted: sops does not end",
    todo: (file) =>
      `try it by hand: sops decrypt ${file}; it waits for a key that is not here when the file is encrypted to more than age`,
  },
  {
    pattern: /MAC mismatch|verify data integrity|decrypt MAC/i,
    what: "was changed without sops after it was encrypted (MAC mismatch): a value in clear, a key, or their order",
    // The old form of rotate: the new one knows no --ignore-mac.
    todo: (file) =>
      `take the change back (git log -p ${file} shows it), or look at it and keep it: sops --rotate --ignore-mac --in-place ${file}; then commit and push. Later changes: sops edit ${file}`,
  },
  {
    pattern: /does not match sops' data format/,
    what: "holds a value in clear where sops has encrypted all others",
    todo: (file) =>
      `take the value out of ${file} (its last encrypted form is in git log -p), and put it in with sops edit ${file}; commit and push. If it was ever pushed in clear, change the secret`,
  },
  {
    pattern: /AES_GCM|message authentication failed|base64-decoding/i,
    what: "holds an encrypted value that is damaged, or was moved to another key",
    todo: (file) => `take it from the last good commit: git log -p ${file}; then commit and push`,
  },
  {
    pattern: /data key|identity did not match|load age identities|no identity/i,
    what: "is encrypted to another key than that of ageKeyFile",
    todo: (file) =>
      `name the file with that key in ageKeyFile, or encrypt it anew with the old key: sops updatekeys ${file}; then run pulumi up again`,
  },
  {
    pattern: /metadata not found/,
    what: "is not encrypted",
    todo: (file) =>
      `sops encrypt --in-place ${file}, commit and push; change its secrets if it was ever pushed in clear`,
  },
  {
    pattern: /yaml:|unmarshal|could not find expected/i,
    what: "is no YAML, e.g. after a merge with conflicts",
    todo: (file) =>
      `correct it, or take it from the last good commit: git log -p ${file}; then commit and push`,
  },
  {
    pattern: /non-existent file|no such file/i,
    what: "is not there",
    todo: (file) =>
      `make it: cp ${file}.example ${file}, put your values in, sops encrypt --in-place ${file}, commit and push`,
  },
];

/** A file that sops does not decrypt. */
export interface SopsProblem {
  /** e.g. `is not encrypted` */
  readonly what: string;
  /** What to do, an imperative without a full stop. */
  readonly todo: string;
}

/**
 * What is wrong with a file that sops does not decrypt.
 * @param file as people know it, e.g. `cluster/flux/vars/cluster-secrets.sops.yaml`
 * @param said what sops wrote to standard error
 */
export function sopsProblem(file: string, said: string): SopsProblem {
  const kind = kinds.find(({ pattern }) => pattern.test(said));
  if (kind !== undefined) return { what: kind.what, todo: kind.todo(file) };
  return {
    what: `cannot be decrypted: ${said.trim().replaceAll(/\s+/g, " ")}`,
    todo: `try it by hand: sops decrypt ${file}; then run pulumi up again`,
  };
}
