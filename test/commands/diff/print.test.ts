import { describe, expect, it } from "@jest/globals";
import { stripVTControlCharacters } from "node:util";
import { markdownText } from "../../../commands/diff/print/markdown.ts";
import { terminalText } from "../../../commands/diff/print/terminal.ts";
import { paintFor } from "../../../commands/paint.ts";
import { diffOf, object, release, type App } from "./answers.ts";

const chart = (version: string): object => ({ chart: { spec: { chart: "podinfo", version } } });
const diff = diffOf(
  [
    { name: "a", objects: [release("x", chart("1.0.0")), object("PersistentVolumeClaim", "data")] },
    { name: "b", objects: [], spec: { suspend: true } },
  ],
  [
    { name: "a", objects: [release("x", chart("1.1.0"))] },
    { name: "b", objects: [object("Service", "s", { spec: { a: "<b>|`c`" } })], spec: { suspend: true } },
    { name: "broken", objects: [], problems: [{ message: "it is *broken*" }] },
  ],
);

describe("the diff on a terminal", () => {
  it("says what is lost and unknown first, then counts, charts, and each Kustomization", () => {
    expect(terminalText(diff, paintFor({}, {})))
      .toBe(`warning: the working tree: flux-system/broken does not build, nothing is known of it and what is below it: cluster/broken: it is *broken*
DESTRUCTIVE: PersistentVolumeClaim default/data is deleted, and perhaps its data
main → the working tree: 3 Kustomizations, 2 added, 1 changed, 1 removed

default/x  podinfo 1.0.0 → podinfo 1.1.0

flux-system/a  cluster/a
  ~ HelmRelease default/x
     spec:
       chart:
         spec:
    -      version: 1.0.0
    +      version: 1.1.0
  - PersistentVolumeClaim default/data  is deleted from the cluster

flux-system/apps  cluster/apps
  + Kustomization flux-system/broken
    +apiVersion: kustomize.toolkit.fluxcd.io/v1
    +kind: Kustomization
    +metadata:
    +  name: broken
    +  namespace: flux-system
    +spec:
    +  prune: true

flux-system/b  cluster/b  is suspended: nothing happens yet
  + Service default/s
    +apiVersion: v1
    +kind: Service
    +metadata:
    +  name: s
    +  namespace: default
    +spec:
    +  a: <b>|\`c\``);
  });

  it("has colours where somebody sees them", () => {
    const coloured = terminalText(diff, paintFor({ isTTY: true }, {}));
    expect(coloured).not.toBe(stripVTControlCharacters(coloured));
    expect(stripVTControlCharacters(coloured)).toBe(terminalText(diff, paintFor({}, {})));
  });

  it("is one line when nothing changes", () => {
    const nothing = diffOf([], []);
    expect(terminalText(nothing, paintFor({}, {}))).toBe(
      "main → the working tree: nothing that Flux applies changes.",
    );
  });
});

describe("the diff as Markdown", () => {
  const text = markdownText(diff);

  it("has what is lost and unknown in alerts, charts in a table, diffs to open", () => {
    expect(
      text.startsWith(
        "### main → the working tree: 3 Kustomizations, 2 added, 1 changed, 1 removed\n\n> [!CAUTION]\n",
      ),
    ).toBeTruthy();
    expect(text).toMatch(/> \[!WARNING\]\n> - .*it is \\\*broken\\\*\n/);
    expect(text).toMatch(/\| default\/x \| <code>podinfo 1\.0\.0 → podinfo 1\.1\.0<\/code> \|/);
    expect(text).toMatch(/<details><summary>~ HelmRelease default\/x<\/summary>\n\n```diff\n spec:\n/);
    expect(text).toMatch(
      /- <code>- PersistentVolumeClaim default\/data — is deleted from the cluster<\/code>/,
    );
  });

  const many = (size: number): App[] =>
    Array.from({ length: 300 }, (_, index) => ({
      name: `app${String(index)}`,
      objects: [
        object("ConfigMap", `c${String(index)}`, { data: { text: "x".repeat(index === 7 ? 5000 : size) } }),
      ],
    }));

  it("leaves out the longest diffs first where a comment would be too long, and says so", () => {
    const long = markdownText(diffOf([], many(50)));
    expect(long.length).toBeLessThanOrEqual(65_536);
    expect(long.length).toBeGreaterThan(50_000);
    expect(long).toMatch(
      /\d+ of the diffs would make this too long: <code>npm run diff -- main<\/code> shows all\./,
    );
    expect(long).toMatch(/- <code>\+ ConfigMap default\/c7<\/code> \(diff left out\)/);
    expect(long.match(/<details>/g)?.length).toBe(long.match(/<\/details>/g)?.length);
  });

  it("fits into a comment whatever there is", () => {
    const short = markdownText(diffOf([], many(50)), 2000);
    expect(short.length).toBeLessThanOrEqual(2000);
    expect(
      short.endsWith("… and more than fits here: <code>npm run diff -- main</code> shows all."),
    ).toBeTruthy();
    expect(short).not.toMatch(/<details>/);
  });
});
