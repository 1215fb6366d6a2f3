import assert from "node:assert/strict";
import { describe, it } from "node:test";
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
    assert.ok(table.length > 5);
    assert.deepEqual(
      table.filter((line) => line.length > 120),
      [],
    );
  });

  it("is aligned", () => {
    const [head = ""] = table;
    const impacts = table.filter((line) => /(drain and reboot|live|wipe) +(about|seconds)/.test(line));
    assert.equal(impacts.length, 3);
    for (const line of impacts)
      assert.match(line.slice(head.indexOf("impact")), /^(drain and reboot|live|wipe) /);
  });

  it("counts machines where there are many", () => {
    assert.match(text, /^machine config of worker-0, worker-1, worker-2, worker-3, worker-4 and 25 more$/m);
  });

  it("says once more what is lost", () => {
    assert.match(text, /^DESTRUCTIVE: k8s-5 leaves the cluster \(drained, .*erased\)$/m);
  });

  it("has colours for people only", () => {
    assert.equal(stripVTControlCharacters(text), text);
    const coloured = terminalText(plan, paintFor({ isTTY: true }, {}));
    assert.notEqual(coloured, text);
    assert.equal(stripVTControlCharacters(coloured), text);
    assert.equal(terminalText(plan, paintFor({ isTTY: true }, { NO_COLOR: "1" })), text);
  });

  it("is one line when nothing changes", () => {
    const nothing = makePlan(digest(...machines(1, 0)), { texts: new Map() });
    assert.equal(terminalText(nothing, plain), "Stack home: nothing changes.");
    assert.equal(markdownText(nothing), "### Stack home: nothing changes.");
  });
});

describe("the plan in Markdown", () => {
  const text = markdownText(plan);

  it("has a table whose cells hold what would end them", () => {
    const rows = text.split("\n").filter((line) => line.startsWith("| "));
    assert.equal(rows.length, 2 + plan.rows.length);
    for (const row of rows) assert.equal(row.match(/(?<!\\)\|/g)?.length, 6, row);
    assert.match(text, /1&#124;2 `&lt;b&gt;`/);
  });

  it("folds diffs away, in fences that their text does not end", () => {
    assert.match(text, /<details><summary>machine config of worker-0, .*<\/summary>\n\n```diff\n/);
    const ticks = makePlan(
      digest(configUpdate("k8s-1", [], [{ machine: { files: [{ content: "a\n```\nb" }] } }])),
      { texts: new Map() },
    );
    assert.match(markdownText(ticks), /\n````diff\n[\s\S]*\n````\n/);
  });

  it("marks what is destructive", () => {
    assert.match(text, /^> \[!CAUTION\]\n> DESTRUCTIVE: /m);
    assert.match(text, /\| \*\*wipe\*\* \|/);
  });
});

describe("texts", () => {
  it("rounds times", () => {
    assert.deepEqual([2, 24, 55, 330, 6_600].map(duration), [
      "seconds",
      "about 20 s",
      "about 1 min",
      "about 6 min",
      "about 1.8 h",
    ]);
  });

  it("shortens values", () => {
    assert.equal(shortText("a".repeat(64)), `${"a".repeat(12)}…`);
    assert.equal(shortText({ a: [1] }), '{"a":[1]}');
    assert.equal(shortText("04da6b54-80e4-46f7-96ec-b56ff0331ba9"), "(known later)");
    assert.equal(shortText(long)?.length, 44);
  });
});
