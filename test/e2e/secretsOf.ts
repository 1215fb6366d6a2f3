// The real secrets of a test lab, to search for.
import { existsSync, readFileSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { parse } from "yaml";
import { keyMaterial, type KnownSecret } from "./secrets.ts";
import type { TestLab } from "./testLab.ts";

/** All of them: what the lab itself made, what is in the state, what the tree's examples say. */
export async function secretsOf(lab: TestLab): Promise<readonly KnownSecret[]> {
  const file = (name: string): string => readFileSync(join(lab.layout.secrets, name), "utf8");
  const ageKey = /AGE-SECRET-KEY-1\w+/.exec(file("age.txt"))?.[0] ?? "";
  const state = await lab.run("pulumi", ["stack", "export", "--show-secrets"]);
  // What was printed here is meant to be secret.
  lab.printed.pop();
  return [
    { name: "passphrase", value: file("passphrase") },
    { name: "GitHub token", value: file("github-token") },
    { name: "control token", value: file("control-token") },
    { name: "age key", value: ageKey },
    ...keyMaterial("kubeconfig", parse(file("kubeconfig"))),
    ...keyMaterial("talosconfig", parse(file("talosconfig"))),
    ...inState(JSON.parse(state.stdout) as unknown),
    ...webhookPaths(state.stdout),
  ];
}

/** Who knows the path of a Receiver can make its controller work. The controller itself logs it with every request. */
function webhookPaths(state: string): readonly KnownSecret[] {
  return [...new Set([...state.matchAll(/\/hook\/([0-9a-f]{64})/g)].map(([, digest = ""]) => digest))].map(
    (value) => ({ name: "path of the webhook", value, saidBy: /^flux-notification-controller/ }),
  );
}

const mark = "4dabf18193072939515e22adb298388d";

/** Every text inside a value that the engine keeps encrypted, when it looks like a key and not like a name. */
function inState(state: unknown): readonly KnownSecret[] {
  const found: KnownSecret[] = [];
  const visit = (path: string, value: unknown, secret: boolean): void => {
    if (typeof value === "string") {
      if (secret && looksSecret(path, value)) found.push({ name: `state ${path}`, value });
      return;
    }
    if (typeof value !== "object" || value === null) return;
    const fields = value as Record<string, unknown>;
    if (fields[mark] !== undefined && typeof fields["plaintext"] === "string") {
      visit(path, JSON.parse(fields["plaintext"]) as unknown, true);
      return;
    }
    for (const [key, inner] of Object.entries(fields)) {
      // Certificates without keys and public halves are everybody's. Of a Helm release the provider keeps the inputs once more,
      // as one secret; those that are secret are marked in the inputs themselves.
      if (!/cert$|certificate$|^ca$|\.pub$|known_hosts|publicKey|^__inputs$/i.test(key))
        visit(`${path}.${key}`, inner, secret);
    }
  };
  visit("", state, false);
  return found;
}

/** Names, addresses and what steps tell people are no secrets, though the engine encrypts them with the rest. */
function looksSecret(path: string, value: string): boolean {
  if (path.endsWith(".cluster.id")) return false;
  if (/\.std(out|err)$/.test(path)) return value.includes("PRIVATE KEY");
  return value.length >= 20 && !/^(https?|ssh):|^ssh-ed25519 |^\[?\d+\.\d+|^v\d/.test(value);
}

/** Everything of a lab that people read or copy around. */
export function readableTexts(lab: TestLab): { name: string; text: string }[] {
  const state = join(lab.layout.state, "pulumi", ".pulumi");
  const files = existsSync(state)
    ? readdirSync(state, { recursive: true, withFileTypes: true })
        .filter((entry) => entry.isFile())
        .map((entry) => join(entry.parentPath, entry.name))
    : [];
  return [
    ...lab.logs(),
    ...lab.printed,
    ...files.map((name) => ({ name, text: readFileSync(name, "utf8") })),
    ...processArguments(),
  ];
}

/** The process list: what every user of this computer can read. */
function processArguments(): { name: string; text: string }[] {
  return readdirSync("/proc")
    .filter((entry) => /^\d+$/.test(entry))
    .flatMap((pid) => {
      try {
        return [
          { name: `arguments of process ${pid}`, text: readFileSync(join("/proc", pid, "cmdline"), "utf8") },
        ];
      } catch {
        return [];
      }
    });
}
