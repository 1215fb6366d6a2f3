// What is made of talosctl's words; that the words are these is shown by test/e2e/patches.test.ts.
import assert from "node:assert/strict";
import { existsSync, readFileSync, statSync } from "node:fs";
import { describe, expect, it } from "@jest/globals";
import { writePatch } from "../../src/config/patches/lines.ts";
import { checkWithTalosctl, type RunTalosctl } from "../../src/config/patches/talosctlCheck.ts";
import { complaintsIn, mistakesIn } from "../../src/config/patches/talosWords.ts";
import { pathText } from "../../src/config/walk.ts";
import { SecretText } from "../../src/config/secretText.ts";
import { problemText, type Findings } from "../../src/config/problem.ts";

function mistakes(words: string, patch: unknown, isSecret = false): readonly string[] {
  return mistakesIn(words, patch, writePatch(patch), isSecret).map(
    ({ path, text, todo }) => `${pathText(path)}: ${text}${todo === undefined ? "" : ` → ${todo}`}`,
  );
}

describe("talosctl's words", () => {
  it("about a wrong type are a path and what is expected", () => {
    const words = `error decoding  to *v1alpha1.Config: yaml: unmarshal errors:
  line 3: cannot unmarshal !!seq into map[string]string
  line 7: cannot unmarshal !!str \`maybe\` into bool
  line 9: cannot unmarshal !!int \`5\` into v1alpha1.KernelConfig
`;
    const patch = { machine: { sysctls: [1], install: { wipe: "maybe" }, kernel: 5 } };
    expect(mistakes(words, patch)).toStrictEqual([
      "machine.sysctls: is a list, and Talos expects names with texts",
      "machine.install.wipe: is a text, and Talos expects true or false",
      "machine.kernel: is a number, and Talos expects a section",
    ]);
  });

  it("about unknown keys find the element of a list again", () => {
    const words =
      "unknown keys found during decoding:\nmachine:\n    network:\n        interfaces:\n            - dhcpx: true\n    other: 1\n\n";
    const patch = { machine: { other: 1, network: { interfaces: [{ interface: "a" }, { dhcpx: true }] } } };
    expect(mistakes(words, patch)).toStrictEqual([
      "machine.network.interfaces[1].dhcpx: unknown key",
      "machine.other: unknown key",
    ]);
  });

  it("about a kind suggest the right one", () => {
    expect(mistakes('"Layer2VIPConfi" "v1alpha1": not registered\n', {})).toStrictEqual([
      "kind: Layer2VIPConfi is no kind of document that this Talos knows → did you mean Layer2VIPConfig?",
    ]);
    expect(mistakes('"Layer2VIPConfig" "": not registered\n', {})).toStrictEqual([
      "apiVersion: is missing → write apiVersion: v1alpha1",
    ]);
  });

  it("are left out where they may hold a secret", () => {
    const words = 'yaml: unmarshal errors:\n  line 1: parse "hush": missing protocol scheme\n';
    expect(mistakes(words, { a: 1 }, true)).toStrictEqual([
      ": is refused, in words that may hold the secret and are left out",
    ]);
    expect(mistakes("something about hush", { a: 1 }, true)).toStrictEqual([
      ": is refused, in words that may hold the secret and are left out",
    ]);
    expect(mistakes("something else", { a: 1 })).toStrictEqual([": is refused: something else"]);
    expect(mistakes("panic: x\n\ngoroutine 1 [running]:\n", { a: 1 })).toStrictEqual([
      ": makes talosctl crash",
    ]);
  });

  it("of validation are one complaint a line", () => {
    const words =
      "2 errors occurred:\n\t* v1alpha1.Config: 1 error occurred:\n\t* no key (.machine.ca.key)\n\n\n\t* Layer2VIPConfig/x: link must be specified\n\n";
    expect(complaintsIn(words)).toStrictEqual([
      "no key (.machine.ca.key)",
      "Layer2VIPConfig/x: link must be specified",
    ]);
  });
});

describe("a patch on lines", () => {
  it("has one value on each, and nothing of what it takes away", () => {
    const { text, paths } = writePatch({
      a: { b: [1, { $patch: "delete" }], c: { $patch: "delete" } },
      d: [],
    });
    expect(JSON.parse(text)).toStrictEqual({ a: { b: [1], c: null }, d: [] });
    const lines = text.split("\n");
    expect(
      [...paths].filter(([line]) => /^"|^\d/.test(lines[line - 1] ?? "")).map(([, path]) => pathText(path)),
    ).toStrictEqual(["a", "a.b", "a.b[0]", "a.c", "d"]);
  });
});

/** A talosctl of a version that refuses what has the key `nope`; what it was given is seen by `look`. */
function fake(version: string, look: (args: readonly string[]) => void = () => undefined): RunTalosctl {
  return async (args) => {
    look(args);
    const stdout = args[0] === "version" ? `Client:\n\tTag:         ${version}\n` : "";
    const files = args.flatMap((arg) => (arg.startsWith("@") ? [readFileSync(arg.slice(1), "utf8")] : []));
    const isBad = files.some((text) => text.includes("nope"));
    const stderr = isBad ? "unknown keys found during decoding:\nmachine:\n    nope: hush\n\n" : "";
    return { code: isBad ? 1 : 0, stdout, stderr };
  };
}

async function check(patch: unknown, talosctl: RunTalosctl): Promise<Findings> {
  const values = { patches: { common: [patch as Record<string, unknown>] }, versions: { talos: "v1.13.9" } };
  return checkWithTalosctl(values, talosctl);
}

const bad = { machine: { nope: "hush" } };
const badSecret = { machine: { nope: new SecretText("hush") } };
const message =
  "patches.common[0].machine.nope: unknown key → write it as Talos has it: https://www.talos.dev/v1.13/reference/configuration";
const shown = ({ problems, warnings }: Findings): readonly unknown[] => [
  problems.map((one) => `${one.path}: ${problemText(one)}`),
  warnings,
];

describe("patches in front of talosctl", () => {
  it("are refused by path, and those that are right pass", async () => {
    expect(shown(await check(bad, fake("v1.13.9")))).toStrictEqual([[message], []]);
    expect(shown(await check({ machine: {} }, fake("v1.13.2")))).toStrictEqual([[], []]);
  });

  it("are warned of where talosctl is older, unless they hold a secret", async () => {
    expect(shown(await check(bad, fake("v1.12.0")))).toStrictEqual([
      [],
      [
        `${message} (checked with talosctl v1.12.0, while versions.talos is v1.13.9: install that one to be sure)`,
      ],
    ]);
    expect(shown(await check(badSecret, fake("v1.12.0")))).toStrictEqual([[message], []]);
  });

  it("are not sure to please the machines where talosctl is newer", async () => {
    expect(shown(await check({ machine: {} }, fake("v1.14.1")))).toStrictEqual([
      [],
      [
        "patches: were checked with talosctl v1.14.1, while versions.talos is v1.13.9: what only the newer one knows would be refused by the machines",
      ],
    ]);
  });

  it("pass unchecked, with a warning, where there is no talosctl, unless they hold a secret", async () => {
    const none: RunTalosctl = async () => ({ code: -2, stdout: "", stderr: "talosctl is not on PATH" });
    const warning =
      "patches: are not checked: talosctl is not on PATH. A mistake in them would show late, and not where it is: install talosctl, of the version in versions.talos";
    expect(shown(await check(bad, none))).toStrictEqual([[], [warning]]);
    expect(shown(await check(badSecret, none))).toStrictEqual([
      [
        "patches.common[0]: holds a secret and cannot be checked: talosctl is not on PATH; the provider's words about a mistake in it could show it → install talosctl, of the version in versions.talos",
      ],
      [warning],
    ]);
  });

  it("are unchecked and not refused where talosctl gives no answer", async () => {
    const slow: RunTalosctl = async (args) => ({
      code: args[0] === "version" ? 0 : -1,
      stdout: "",
      stderr: "talosctl did not answer within 20 s",
    });
    const [problems, [warning]] = shown(await check(bad, slow)) as [unknown[], string[]];
    expect(problems).toStrictEqual([]);
    expect(warning ?? "").toMatch(/^patches: are not checked: talosctl did not answer within 20 s\. /);
  });

  it("cost nothing where there are none, and are not looked at where nobody has decrypted them", async () => {
    const never: RunTalosctl = async () => assert.fail("it was run");
    expect(await checkWithTalosctl({ patches: { common: [] }, nodes: [{}] }, never)).toStrictEqual({
      problems: [],
      warnings: [],
    });
    const hidden = { machine: { nope: new SecretText(undefined) } };
    expect(shown(await check(hidden, never))).toStrictEqual([[], []]);
    const values = { patches: { common: [hidden, { machine: {} }] }, versions: { talos: "v1.13.9" } };
    expect(shown(await checkWithTalosctl(values, fake("v1.13.9")))).toStrictEqual([[], []]);
  });

  it("are in no argument, in files for the owner alone, and afterwards nowhere", async () => {
    const files: string[] = [];
    const look = (args: readonly string[]): void => {
      expect(args.join(" ")).not.toContain("hush");
      for (const file of args.map((arg) => arg.replace(/^@/, "")).filter((arg) => arg.startsWith("/"))) {
        expect(statSync(file).mode & 0o777).toBe(0o600);
        files.push(file);
      }
    };
    await check({ machine: { env: { A: new SecretText("hush") } } }, fake("v1.13.9", look));
    expect(files.length).toBeGreaterThan(0);
    expect(!files.some((file) => existsSync(file))).toBeTruthy();
  });
});
