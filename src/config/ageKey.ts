// The file with the age key: is it there, is it such a key, is it the one that the tree is encrypted to.
import { readFileSync, statSync } from "node:fs";
import { identityToRecipient } from "age-encryption";
import type { Tree } from "../../tree/index.ts";
import { problem, type Problem } from "./problem.ts";

/** A key file that was read. */
export interface AgeKeyFile {
  /** Absolute path. */
  readonly file: string;
  /** The lines `AGE-SECRET-KEY-1…`; secret, never part of a message. */
  readonly identities: readonly string[];
  /** Their public halves, `age1…`, in the same order. */
  readonly recipients: readonly string[];
  readonly warnings: readonly string[];
}

const configKey = "ageKeyFile";
const prefix = "AGE-SECRET-KEY-1";

/** What else people put there, by its first characters. */
const otherContents: readonly (readonly [RegExp, string])[] = [
  [/^age1/m, "the public half of an age key"],
  [/^AGE-SECRET-KEY-PQ-/m, "a post-quantum age key, which Flux does not read"],
  [/^AGE-PLUGIN-/m, "an age plugin's key, which Flux does not read"],
  [/^(age-encryption\.org\/|-----BEGIN AGE ENCRYPTED FILE)/m, "an age key that is itself encrypted"],
  [/^-----BEGIN (OPENSSH|RSA|EC|DSA) PRIVATE KEY/m, "an SSH private key"],
  [/^(ssh-|ecdsa-)/m, "an SSH public key"],
  [/^-----BEGIN PGP/m, "a PGP key"],
];

/** Reads a key file. Messages never contain anything of it but what kind of key it is. */
export async function readAgeKey(file: string): Promise<AgeKeyFile | Problem> {
  if (file.includes(prefix))
    return problem(
      configKey,
      "holds a key itself, and the stack config is no place for it",
      "write the key to a file and its path here, and make a new key: this one has been seen",
    );
  let content: string;
  try {
    content = readFileSync(file, "utf8");
  } catch (error) {
    const { code = "" } = error as NodeJS.ErrnoException;
    return problem(
      configKey,
      `${file} ${code === "ENOENT" ? "is not there" : `cannot be read (${code})`}`,
      `copy the cluster's key there, or make a new one: age-keygen -o ${file}`,
    );
  }
  const identities = content
    .split("\n")
    .map((line) => line.trim())
    .filter((line) => line.startsWith(prefix));
  if (identities.length === 0)
    return problem(
      configKey,
      `${file} holds ${otherContents.find(([pattern]) => pattern.test(content))?.[1] ?? "no age key"}; expected is a line ${prefix}…`,
      "name the file that age-keygen -o has written",
    );
  const read = await Promise.allSettled(identities.map(async (identity) => identityToRecipient(identity)));
  const recipients = read.flatMap((one) => (one.status === "fulfilled" ? [one.value] : []));
  if (recipients.length < read.length)
    return problem(
      configKey,
      `${file}: key ${read.findIndex(({ status }) => status === "rejected") + 1} in it is damaged (its checksum does not hold)`,
      "restore the file from your backup",
    );
  const isOpen = (statSync(file).mode & 0o077) !== 0;
  const warnings = isOpen ? [`${file} can be read by other users of this computer: chmod 600 ${file}`] : [];
  return { file, identities, recipients, warnings };
}

/** The problem when none of the keys opens some of the files; undefined when all can be opened. */
export function checkRecipients(key: AgeKeyFile, files: Tree["sopsFiles"]): Problem | undefined {
  const locked = files.filter(
    ({ recipients }) => !recipients.some((recipient) => key.recipients.includes(recipient)),
  );
  const [first] = locked;
  if (first === undefined) return undefined;
  const expected = [...new Set(locked.flatMap(({ recipients }) => recipients))].join(", ");
  const others = locked.length === 1 ? "" : ` and ${locked.length - 1} more`;
  return problem(
    configKey,
    `${key.file} is the key of ${key.recipients.join(", ")}, but ${first.path}${others} can only be read with the key of ${expected === "" ? "no age recipient at all" : expected}`,
    "name the file with that key, or encrypt the tree anew: sops updatekeys FILE (with the old key), then push",
  );
}

/**
 * Everybody who can read all of the tree's secrets, as far as they have plain age keys (no plugin is asked here); the key's
 * own recipients where there is nobody like that.
 */
export function recipientsOf(key: AgeKeyFile, files: Tree["sopsFiles"]): readonly string[] {
  const [first = { recipients: [] }, ...others] = files;
  const common = first.recipients.filter(
    (recipient) =>
      /^age1[0-9a-z]{58}$/.test(recipient) &&
      others.every(({ recipients }) => recipients.includes(recipient)),
  );
  return common.length > 0 ? common : key.recipients;
}
