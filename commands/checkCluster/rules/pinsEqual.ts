import { components, names, type Component } from "../../../src/versions/components.ts";
import { compareVersions, plainVersion } from "../../../src/versions/version.ts";
import { inRepository, type Finding } from "../../../tree/index.ts";
import { mentions } from "../mentions.ts";
import { pinsOf, type Pinned } from "../pins.ts";
import type { CheckContext, Rule } from "../rule.ts";

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

function mentionedPins(context: CheckContext): readonly Finding[] {
  const { files } = context.model;
  const texts = files.files().filter((file) => /\.(ya?ml|md|sh|json5?|toml|example)$/.test(file));
  const known = components.flatMap((component) => {
    const pin = pinOf(context, component);
    return pin === undefined ? [] : mentions[component].map((pattern) => ({ component, pattern, pin }));
  });
  return texts.flatMap((file) => {
    const text = files.text(file) ?? "";
    return known.flatMap(({ component, pattern, pin }) =>
      [...text.matchAll(pattern)].flatMap(({ index, 0: whole, 1: version = "" }) => {
        if (pin.versions.some((other) => plainVersion(other) === plainVersion(version))) return [];
        const line = text.slice(0, index + whole.length).split("\n").length;
        const other = `${pin.versions.join(" or ")} at ${pin.where}`;
        return [differs({ of: names[component], version, file, line }, other)];
      }),
    );
  });
}

/** Where the program takes the version from, e.g. `Pulumi.home.yaml:27`. */
function pinOf(
  { model, stacks }: CheckContext,
  component: Component,
): { readonly versions: readonly string[]; readonly where: string } | undefined {
  const known = (versions: readonly string[], file: string, line: number) => ({
    versions,
    where: `${inRepository(model.place, file)}:${String(line)}`,
  });
  if (component === "flux") {
    const artifact = model.written.find(
      ({ data }) =>
        data.kind === "OCIRepository" && String(data.spec?.["url"] ?? "").endsWith("/flux-manifests"),
    );
    return artifact === undefined || model.fluxVersion === undefined
      ? undefined
      : known([model.fluxVersion], artifact.file, artifact.line("spec", "ref", "tag"));
  }
  const pins = stacks.flatMap(({ file, [component]: pin }) => (pin === undefined ? [] : [{ file, ...pin }]));
  const versions = [...new Set(pins.map(({ version }) => version))];
  return pins[0] && known(versions, pins[0].file, pins[0].line);
}
