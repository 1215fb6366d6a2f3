// What Flux leaves out of what it fetches. The table was made with the real thing: fluxcd/pkg sourceignore v0.18.0.
import { describe, expect, it } from "@jest/globals";
import { readPatterns, SourceIgnore } from "../../tree/model/sourceIgnore.ts";

/** Folders end with `/`. */
const paths = [
  "apps/media/",
  "apps/media/x.yaml",
  "apps/media/keep.yaml",
  "cluster/apps/media/app/x.yaml",
  "cluster/apps/media/",
  "README.md",
  "cluster/flux/a.yaml",
  "media",
  "media/",
  "z",
  "#x",
  "x ",
  "y",
  "x",
  "apps/",
  "apps/x.yaml",
  "foo/bar/",
  "logo.png",
  "cluster/.sops.yaml",
  ".gitignore",
  ".github/a.yaml",
  "cluster/app/",
  "n.yml",
];

/** Lines, the folder in which they count, and what they leave out. */
const rows: readonly (readonly [text: string, domain: string, leftOut: readonly string[]])[] = [
  ["/apps/media", "", ["apps/media/", "apps/media/x.yaml", "apps/media/keep.yaml", ".gitignore"]],
  ["/apps/media", "cluster", ["cluster/apps/media/app/x.yaml", "cluster/apps/media/", ".gitignore"]],
  [
    "media",
    "",
    [
      "apps/media/",
      "apps/media/x.yaml",
      "apps/media/keep.yaml",
      "cluster/apps/media/app/x.yaml",
      "cluster/apps/media/",
      "media",
      "media/",
      ".gitignore",
    ],
  ],
  ["media", "cluster", ["cluster/apps/media/app/x.yaml", "cluster/apps/media/", ".gitignore"]],
  ["apps/media/", "", ["apps/media/", "apps/media/x.yaml", "apps/media/keep.yaml", ".gitignore"]],
  ["*.md", "", ["README.md", ".gitignore"]],
  [
    "/*\n!/cluster",
    "",
    [
      "apps/media/",
      "apps/media/x.yaml",
      "apps/media/keep.yaml",
      "README.md",
      "media",
      "media/",
      "z",
      "#x",
      "x ",
      "y",
      "x",
      "apps/",
      "apps/x.yaml",
      "foo/bar/",
      "logo.png",
      ".gitignore",
      ".github/a.yaml",
      "n.yml",
    ],
  ],
  [
    "**/media",
    "",
    [
      "apps/media/",
      "apps/media/x.yaml",
      "apps/media/keep.yaml",
      "cluster/apps/media/app/x.yaml",
      "cluster/apps/media/",
      "media",
      "media/",
      ".gitignore",
    ],
  ],
  ["apps/**/x.yaml", "", ["apps/media/x.yaml", "apps/x.yaml", ".gitignore"]],
  [
    "/cluster/*\n!/cluster/apps",
    "",
    ["cluster/flux/a.yaml", "cluster/.sops.yaml", ".gitignore", "cluster/app/"],
  ],
  ["a**b", "", [".gitignore"]],
  [
    "[^a-m]*.yaml",
    "",
    ["apps/media/x.yaml", "cluster/apps/media/app/x.yaml", "apps/x.yaml", "cluster/.sops.yaml", ".gitignore"],
  ],
  ["\\#x", "", ["#x", ".gitignore"]],
  ["x\\ ", "", ["x ", ".gitignore"]],
  ["/apps/media\n!/apps/media/keep.yaml", "", ["apps/media/", "apps/media/x.yaml", ".gitignore"]],
  ["media/\n!media/", "", [".gitignore"]],
  ["cluster/**/app/", "", ["cluster/apps/media/app/x.yaml", ".gitignore", "cluster/app/"]],
  ["[", "", [".gitignore"]],
  ["**", "", paths],
  ["*/media", "", ["apps/media/", "apps/media/x.yaml", "apps/media/keep.yaml", ".gitignore"]],
  ["/", "", [".gitignore"]],
  ["", "", ["logo.png", "cluster/.sops.yaml", ".gitignore", ".github/a.yaml"]],
];

describe("what Flux does not fetch", () => {
  for (const [text, domain, leftOut] of rows)
    it(`is known for ${JSON.stringify(text)}${domain === "" ? "" : ` in ${domain}`}`, () => {
      const ignore = new SourceIgnore(readPatterns(text, ".sourceignore", domain));
      expect(paths.filter((path) => ignore.by(path, path.endsWith("/")) !== undefined)).toStrictEqual(
        leftOut,
      );
    });

  it("is named by the line that leaves it out", () => {
    const text = "# a comment\n\n/apps\r\n!/apps/a\n/apps/a/b\n";
    const ignore = new SourceIgnore(readPatterns(text, "cluster/flux/config/cluster.yaml", "", 13));
    const at = (path: string): unknown => ignore.by(path, false)?.origin;
    const file = "cluster/flux/config/cluster.yaml";
    expect(at("apps/x")).toStrictEqual({ file, line: 15 });
    expect(at("apps/a/b")).toStrictEqual({ file, line: 17 });
    expect(ignore.by("apps/a/c", false)).toBe(undefined);
    expect(new SourceIgnore([]).by("a.png", false)?.origin).toBe(undefined);
  });
});
