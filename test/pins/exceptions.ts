// What looks like a pin and is none.

/** Versions that nothing has to keep up to date. */
export interface Exception {
  /** Files, as a glob. */
  readonly files: string;
  /** Which lines of them. Default: all. */
  readonly lines?: RegExp;
  readonly reason: string;
}

/** All of them. One that is about nothing any more fails the test. */
export const exceptions: readonly Exception[] = [
  {
    files: "test/**",
    reason: "what tests feed in and expect: the one that a bump concerns fails, and a person looks",
  },
  { files: "package-lock.json", reason: "npm writes it from package.json; Renovate's npm manager runs npm" },
  { files: "tools/recipes/*/go.sum", reason: "go writes it from go.mod; Renovate's gomod manager runs go" },
  {
    files: "tools/recipes/*/go.mod",
    lines: /^\t[^\s/]+ v\S+ \/\/ indirect/,
    reason: "gomod wants a slash in a module's path; indirect ones follow what is built, by go mod tidy",
  },
  { files: "docs/decisions/*.md", reason: "dated: what was true when it was decided" },
  { files: "tools/recipes/README.md", reason: "dated: what was built, measured and compared, and when" },
  { files: "tools/README.md", reason: "what was compared with upstream's release of that version" },
  {
    files: "src/config/schema.ts",
    lines: /(vVersion|chartVersion)\("/,
    reason: "examples of the form in messages about wrong ones",
  },
  { files: "tree/checkHandOff.ts", lines: /such as v/, reason: "an example in a message" },
  { files: "lab/providers/talos/imageFactory.ts", lines: /e\.g\. v/, reason: "an example in a description" },
  {
    files: "lab/settings.ts",
    lines: /^ {2}(talos|cilium): \[/,
    reason: "made up: what there is to bump from and to besides; any version will do",
  },
  {
    files: "lab/settings.ts",
    lines: /^ {2}cilium: "/,
    reason: "made up: a chart of the lab's own that says it is this version",
  },
  {
    files: "lab/{talos/config,talos/cosi/kubernetes,talos/services/hardware,kubernetes/node}.ts",
    reason: "what Talos of the lab's version brings or says by itself: it changes with the stand-in's source",
  },
  {
    files: "tools/fluxManifests/artifact.ts",
    lines: /imageLayoutVersion/,
    reason: "version of a format (OCI image layout)",
  },
];
