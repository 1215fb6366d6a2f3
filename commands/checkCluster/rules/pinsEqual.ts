import { names, type Component } from "../../../src/versions/components.ts";
import { compareVersions, plainVersion } from "../../../src/versions/version.ts";
import { inRepository, type Finding } from "../../../tree/index.ts";
import type { CheckContext } from "../context.ts";
import { products } from "../mentions.ts";
import { pinsOf, type Pinned } from "../pins.ts";
import type { Rule } from "../rule.ts";

/**
 * What is pinned in more than one place is pinned to one version: a chart of the same repository, an artifact of the same
 * address, the same image; and Flux, Talos, Kubernetes and Cilium as the tree or the stack file pins them. Images that
 * differ in more than numbers (`16-alpine`, `17`) are different things.
 */
export const pinsEqual: Rule = {
  name: "pins-equal",
  what: "charts, artifacts, images, Flux, Talos, Kubernetes and Cilium have one version wherever they are named",
  check: (context) => [...repeatedPins(context), ...mentionedPins(context)],
};

/** Not every tag is a version, e.g. `3.22-alpine`. */
const inNumbers = new Intl.Collator("en", { numeric: true });

function repeatedPins({ model }: CheckContext): readonly Finding[] {
  const groups = Map.groupBy(
    pinsOf(model),
    ({ of, version }) => `${of} ${of.startsWith("image") ? flavour(version) : ""}`,
  );
  return [...groups.values()].flatMap((pins) => {
    const [newest] = pins.toSorted(
      (a, b) => compareVersions(b.version, a.version) || inNumbers.compare(b.version, a.version),
    );
    if (newest === undefined) return [];
    return pins
      .filter(({ version }) => version !== newest.version)
      .map((pin) =>
        differs(pin, `${newest.version} at ${inRepository(model.place, newest.file)}:${String(newest.line)}`),
      );
  });
}

function differs({ of, version, file, line }: Pinned, other: string): Finding {
  return {
    file,
    line,
    message: `${of} is pinned to ${version} here and to ${other}`,
    fix: "pin one version in both places",
  };
}

/** What is left of a tag without its numbers, e.g. `-alpine` of `3.22-alpine`. */
function flavour(tag: string): string {
  return tag.replace(/^v?\d[\d.]*/, "").replaceAll(/\d+/g, "#");
}

interface Known {
  readonly versions: readonly string[];
  /** e.g. `Pulumi.home.yaml:27` */
  readonly where: string;
  readonly file: string;
}

function mentionedPins(context: CheckContext): readonly Finding[] {
  const { files } = context.model;
  const texts = files.files().filter((file) => /\.(ya?ml|md|sh|json5?|toml|example)$/.test(file));
  const known = products.flatMap((product) => {
    const pin = pinOf(context, product.component);
    return pin === undefined ? [] : [{ ...product, pin }];
  });
  return texts.flatMap((file) => {
    const text = files.text(file) ?? "";
    return known.flatMap(({ component, patterns, pin }) =>
      patterns.flatMap((pattern) =>
        [...text.matchAll(pattern)].flatMap(({ index, 0: whole, 1: version = "" }) => {
          if (pin.versions.some((other) => plainVersion(other) === plainVersion(version))) return [];
          const line = text.slice(0, index + whole.length).split("\n").length;
          return [
            differs(
              { of: names[component], version, file, line },
              `${pin.versions.join(" or ")} at ${pin.where}`,
            ),
          ];
        }),
      ),
    );
  });
}

/** Where the program takes the version from. */
function pinOf({ model, stacks }: CheckContext, component: Component): Known | undefined {
  if (component === "flux") {
    const artifact = model.written.find(
      ({ data }) =>
        data.kind === "OCIRepository" && String(data.spec?.["url"] ?? "").endsWith("/flux-manifests"),
    );
    if (artifact === undefined || model.fluxVersion === undefined) return undefined;
    const line = artifact.line("spec", "ref", "tag");
    return {
      versions: [model.fluxVersion],
      where: `${inRepository(model.place, artifact.file)}:${String(line)}`,
      file: artifact.file,
    };
  }
  const pins = stacks.flatMap(({ file, [component]: pin }) => (pin === undefined ? [] : [{ file, ...pin }]));
  const [first] = pins;
  if (first === undefined) return undefined;
  return {
    versions: [...new Set(pins.map(({ version }) => version))],
    where: `${inRepository(model.place, first.file)}:${String(first.line)}`,
    file: first.file,
  };
}
