import { describe, expect, it } from "@jest/globals";
import { markdownText } from "../../../commands/diff/print/markdown.ts";
import { terminalText } from "../../../commands/diff/print/terminal.ts";
import type { ClusterDiff } from "../../../commands/diff/types.ts";
import { paintFor } from "../../../commands/paint.ts";
import { diffOf, object, release } from "./answers.ts";

const all = (diff: ClusterDiff): string =>
  [JSON.stringify(diff), markdownText(diff), terminalText(diff, paintFor({}, {}))].join("\n");
const firstDiff = (diff: ClusterDiff): string | undefined =>
  diff.kustomizations[0]?.objects[0]?.diffs[0]?.diff;

describe("secrets in a diff", () => {
  it("show which keys come, go and change, and no value", () => {
    const diff = diffOf(
      [
        {
          name: "a",
          objects: [object("Secret", "s", { stringData: { KEPT: "hush0", GOES: "hush1", TURNS: "hush2" } })],
        },
      ],
      [
        {
          name: "a",
          objects: [object("Secret", "s", { stringData: { KEPT: "hush0", COMES: "hush3", TURNS: "hush4" } })],
        },
      ],
    );
    expect(firstDiff(diff)).toBe(
      [
        " stringData:",
        '-  GOES: "[secret]"',
        '-  TURNS: "[secret]"',
        '+  COMES: "[secret]"',
        '+  TURNS: "[secret] (another one)"',
      ].join("\n"),
    );
    expect(all(diff)).not.toMatch(/hush/);
  });

  it("are not shown of a Secret that comes or goes", () => {
    const secret = object("Secret", "s", { data: { KEY: "aHVzaA==" } });
    for (const diff of [
      diffOf([{ name: "a", objects: [] }], [{ name: "a", objects: [secret] }]),
      diffOf([{ name: "a", objects: [secret] }], [{ name: "a", objects: [] }]),
    ])
      expect(all(diff)).not.toMatch(/aHVzaA/);
  });

  it("are no difference where only sops' own notes differ", () => {
    const secret = (mac: string): ReturnType<typeof object> =>
      object("Secret", "s", { stringData: { KEY: "ENC[AES256_GCM,data:x]" }, sops: { mac } });
    const diff = diffOf([{ name: "a", objects: [secret("1")] }], [{ name: "a", objects: [secret("2")] }]);
    expect(diff.outcome).toBe("nothing");
  });

  it("are masked where they are encrypted, in any object", () => {
    const thing = (value: string): ReturnType<typeof object> =>
      object("Thing", "t", { spec: { list: [{ name: "x", value: `ENC[AES256_GCM,data:${value}]` }] } });
    const diff = diffOf(
      [{ name: "a", objects: [thing("hush1")] }],
      [{ name: "a", objects: [thing("hush2")] }],
    );
    expect(firstDiff(diff) ?? "").toMatch(/\+ {4}value: "\[secret\] \(another one\)"|another one/);
    expect(all(diff)).not.toMatch(/hush/);
  });

  it("are masked in every other object too, whatever the field is called", () => {
    const objects = (value: string): ReturnType<typeof object>[] => [
      object("Secret", "s", { data: { a: Buffer.from("hush hush").toString("base64") } }),
      object("ConfigMap", "c", { data: { url: `x/${value}`, script: "a\n  hush hush\n" } }),
    ];
    const diff = diffOf(
      [{ name: "a", objects: objects("old") }],
      [{ name: "a", objects: objects("hush hush") }],
    );
    expect(firstDiff(diff)).toBe(" data:\n-  url: x/old\n+  url: x/[secret]");
    expect(all(diff)).not.toMatch(/hush/);
  });

  it("are masked in values by the name of their key", () => {
    const values = (adminPassword: string): object => ({ chart: {}, values: { adminPassword } });
    const diff = diffOf(
      [{ name: "a", objects: [release("r", values("hush1"))] }],
      [{ name: "a", objects: [release("r", values("hush2"))] }],
    );
    expect(firstDiff(diff)).toBe('-adminPassword: "[secret]"\n+adminPassword: "[secret] (another one)"');
  });
});
