import assert from "node:assert/strict";
import { describe, expect, it } from "@jest/globals";
import { stripVTControlCharacters } from "node:util";
import { makePlan } from "../../../commands/plan/makePlan.ts";
import { paintFor } from "../../../commands/paint.ts";
import { markdownText } from "../../../commands/plan/print/markdown.ts";
import { terminalText } from "../../../commands/plan/print/terminal.ts";
import { duration, shortText } from "../../../commands/plan/text.ts";
import { configUpdate, digest, machines, step, stepUpdate } from "./sample.ts";

const plain = paintFor({}, {});
const long = "x".repeat(200);

const plan = makePlan(
  digest(
    ...machines(3, 30),
    stepUpdate("talos-k8s-1-os", { TALOS_VERSION: "v1.12.0" }, { TALOS_VERSION: "v1.13.9" }),
    ...Array.from({ length: 30 }, (_, index) =>
      configUpdate(
        `worker-${String(index)}`,
        [],
        [{ machine: { sysctls: { [long]: long, a: "1|2 `<b>`" } } }],
      ),
    ),
    step("delete", "config", "talos-k8s-5-config", { before: {} }),
  ),
  { texts: new Map() },
);

describe("the table on a terminal", () => {
  const text = terminalText(plan, plain);
  const table = text.split("\n\n")[1]?.split("\n") ?? [];

  it("fits 120 columns, whatever the names and values", () => {
    expect(table.length).toBeGreaterThan(5);
    expect(table.filter((line) => line.length > 120)).toStrictEqual([]);
  });

  it("is aligned", () => {
    const [head = ""] = table;
    const impacts = table.filter((line) => /(drain and reboot|live|wipe) +(about|seconds)/.test(line));
    expect(impacts.length).toBe(3);
    for (const line of impacts)
      expect(line.slice(head.indexOf("impact"))).toMatch(/^(drain and reboot|live|wipe) /);
  });

  it("counts machines where there are many", () => {
    expect(text).toMatch(/^machine config of worker-0, worker-1, worker-2, worker-3, worker-4 and 25 more$/m);
  });

  it("says once more what is lost", () => {
    expect(text).toMatch(/^DESTRUCTIVE: k8s-5 leaves the cluster \(drained, .*erased\)$/m);
  });

  it("has colours for people only", () => {
    expect(stripVTControlCharacters(text)).toBe(text);
    const coloured = terminalText(plan, paintFor({ isTTY: true }, {}));
    expect(coloured).not.toBe(text);
    expect(stripVTControlCharacters(coloured)).toBe(text);
    expect(terminalText(plan, paintFor({ isTTY: true }, { NO_COLOR: "1" }))).toBe(text);
  });

  it("is one line when nothing changes", () => {
    const nothing = makePlan(digest(...machines(1, 0)), { texts: new Map() });
    expect(terminalText(nothing, plain)).toBe("Stack home: nothing changes.");
    expect(markdownText(nothing)).toBe("### Stack home: nothing changes.");
  });
});

describe("the plan in Markdown", () => {
  const text = markdownText(plan);

  it("has a table whose cells hold what would end them", () => {
    const rows = text.split("\n").filter((line) => line.startsWith("| "));
    expect(rows.length).toBe(2 + plan.rows.length);
    for (const row of rows) assert.equal(row.match(/(?<!\\)\|/g)?.length, 6, row);
    expect(text).toMatch(/1&#124;2 `&lt;b&gt;`/);
  });

  it("folds diffs away, in fences that their text does not end", () => {
    expect(text).toMatch(/<details><summary>machine config of worker-0, .*<\/summary>\n\n```diff\n/);
    const ticks = makePlan(
      digest(configUpdate("k8s-1", [], [{ machine: { files: [{ content: "a\n```\nb" }] } }])),
      { texts: new Map() },
    );
    expect(markdownText(ticks)).toMatch(/\n````diff\n[\s\S]*\n````\n/);
  });

  it("marks what is destructive", () => {
    expect(text).toMatch(/^> \[!CAUTION\]\n> DESTRUCTIVE: /m);
    expect(text).toMatch(/\| \*\*wipe\*\* \|/);
  });
});

describe("texts", () => {
  it("rounds times", () => {
    expect([2, 24, 55, 330, 6_600].map(duration)).toStrictEqual([
      "seconds",
      "about 20 s",
      "about 1 min",
      "about 6 min",
      "about 1.8 h",
    ]);
  });

  it("shortens values", () => {
    expect(shortText("a".repeat(64))).toBe(`${"a".repeat(12)}…`);
    expect(shortText({ a: [1] })).toBe('{"a":[1]}');
    expect(shortText("04da6b54-80e4-46f7-96ec-b56ff0331ba9")).toBe("(known later)");
    expect(shortText(long)?.length).toBe(44);
  });
});
