// Which settings renovate.json5 gives an update, by its packageRules: later ones go over earlier ones.
import { type Config, matches, type PackageRule } from "./config.ts";
import type { SeenPin } from "./seen.ts";

/** How far an update goes. */
export type UpdateType = "patch" | "minor" | "major";

function list(rule: PackageRule, condition: string): readonly string[] | undefined {
  return rule[condition] as readonly string[] | undefined;
}

/** Whether a rule is about a pin, whatever the update. */
export function isAbout(rule: PackageRule, pin: SeenPin): boolean {
  const conditions: [string, string][] = [
    ["matchPackageNames", pin.packageName],
    ["matchFileNames", pin.file],
    ["matchManagers", pin.manager],
    ["matchDepTypes", pin.depType ?? ""],
  ];
  const current = rule["matchCurrentVersion"] as string | undefined;
  return (
    (current === undefined || matches([current], pin.value)) &&
    conditions.every(([condition, value]) => {
      const wanted = list(rule, condition);
      return wanted === undefined || matches(wanted, value);
    })
  );
}

/** The settings for one update of a pin. */
export function settingsFor(
  config: Config,
  pin: SeenPin,
  update: UpdateType,
): Readonly<Record<string, unknown>> {
  const rules = config.packageRules.filter(
    (rule) => isAbout(rule, pin) && (list(rule, "matchUpdateTypes")?.includes(update) ?? true),
  );
  return Object.assign({ automerge: config["automerge"] }, ...rules) as Record<string, unknown>;
}
