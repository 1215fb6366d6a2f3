import assert from "node:assert/strict";
import { describe, expect, it } from "@jest/globals";
import { matchesGlob } from "node:path";
import { configOf, type Repository } from "./config.ts";
import { exceptions } from "./exceptions.ts";
import { readRepository } from "./repository.ts";
import { seenPins } from "./seen.ts";
import { type WrittenPin, writtenPins } from "./written.ts";

const repository = readRepository();
const writtenHere = writtenPins(repository);

function isExcepted({ file, context }: WrittenPin, { files, lines }: (typeof exceptions)[number]): boolean {
  return matchesGlob(file, files) && (lines === undefined || lines.test(context));
}

/** Pins that no manager of renovate.json5 sees and that have no reason not to be seen, e.g. `src/x.ts:3 v1.2.3`. */
function unseen(of: Repository, written: readonly WrittenPin[]): string[] {
  const seen = Map.groupBy(seenPins(of, configOf(of)), ({ file }) => file);
  return written
    .filter((pin) => !(seen.get(pin.file) ?? []).some(({ start, end }) => start < pin.end && pin.start < end))
    .filter((pin) => !exceptions.some((exception) => isExcepted(pin, exception)))
    .map(({ file, line, text }) => `${file}:${String(line)} ${text}`);
}

/** The repository with one more file, or with text at the end of one. */
function planted(file: string, text: string): Repository {
  // Only what the managers need besides: looking through everything again for each plant takes seconds.
  const around = [...repository].filter(([name]) => /^(renovate|cluster\/|tools\/programs)/.test(name));
  const copy = new Map(around);
  return copy.set(file, (copy.get(file) ?? "") + text);
}

describe("Renovate sees every pin in the repository", () => {
  it("leaves no version unseen without a reason", () => {
    expect(unseen(repository, writtenHere)).toStrictEqual([]);
  });

  it("has no reason that is about nothing any more", () => {
    const idle = exceptions.filter((exception) => !writtenHere.some((pin) => isExcepted(pin, exception)));
    expect(idle).toStrictEqual([]);
  });

  const plants: [what: string, file: string, text: string, found: string][] = [
    [
      "a constant of the program",
      "src/talos/iso.ts",
      '// v1.0.0\nconst iso = "v1.14.2";\n',
      "src/talos/iso.ts:2 v1.14.2",
    ],
    [
      "one in the middle of a text",
      "tools/get.ts",
      "fetch(`https://host/a/v2.3.4/${name}`);\n",
      "tools/get.ts:1 v2.3.4",
    ],
    [
      "a repetition beside one that is seen",
      "tools/programs.ts",
      '\nconst again = "flux-manifests v2.9.4";\n',
      "v2.9.4",
    ],
    [
      "a chart whose repository is not in the tree",
      "cluster/apps/default/x/app/helmrelease.yaml",
      `apiVersion: helm.toolkit.fluxcd.io/v2
kind: HelmRelease
metadata:
  name: x
spec:
  chart:
    spec:
      chart: x
      version: 7.0.x
      sourceRef:
        kind: HelmRepository
        name: nowhere
        namespace: flux-system
`,
      "cluster/apps/default/x/app/helmrelease.yaml:9 7.0.x",
    ],
    [
      "an image whose name and tag stand apart where Helm values do not have them",
      "cluster/apps/default/x/app/thing.yaml",
      "apiVersion: example.com/v1\nkind: Thing\nspec:\n  container: docker.io/library/busybox:1.36\n",
      "cluster/apps/default/x/app/thing.yaml:4 docker.io/library/busybox:1.36",
    ],
    [
      "a tag in a list of its own",
      "cluster/apps/default/x/app/other.yaml",
      "apiVersion: example.com/v1\nkind: Thing\nspec:\n  - tag: r42\n",
      "cluster/apps/default/x/app/other.yaml:4 r42",
    ],
    [
      "a version in a command of a page",
      "docs/runbooks/x.md",
      "```console\n$ helm install --version 1.20.1\n```\n",
      "docs/runbooks/x.md:2 1.20.1",
    ],
    [
      "a container file",
      "Dockerfile",
      "FROM docker.io/library/node:24\n",
      "Dockerfile:1 docker.io/library/node:24",
    ],
    ["a pipeline", ".ci/other", "curl https://host/v9.9.9/x\n", ".ci/other:1 v9.9.9"],
  ];
  it.each(plants)("finds %s", (_what, file, text, found) => {
    const copy = planted(file, text);
    const more = unseen(copy, writtenPins(copy)).filter((line) => line.startsWith(file));
    assert.equal(more.length, 1, more.join("\n"));
    assert.ok(more[0]?.endsWith(found), more[0]);
  });
});
