// Which version of a module a recipe builds. Its go.mod is the only place that says so: whoever raises it there, by hand or
// by Renovate, has raised it everywhere.
import { readFileSync } from "node:fs";
import { join } from "node:path";

/** The recipes that belong to this checkout. */
export const ownRecipes = join(import.meta.dirname, "recipes");

/**
 * The version without its v, e.g. `1.35.4`.
 *
 * @param recipe folder under recipes/, e.g. `kube-1.35`
 * @param module e.g. `k8s.io/kubernetes`
 * @throws when the recipe does not require the module
 */
export function moduleVersion(recipe: string, module: string): string {
  const file = join(ownRecipes, recipe, "go.mod");
  for (const line of readFileSync(file, "utf8").split("\n")) {
    const [path, version] = line
      .replace(/^require\s/, "")
      .trim()
      .split(/\s+/);
    if (path === module && version?.startsWith("v")) return version.slice(1);
  }
  throw new Error(`${file} does not require ${module}, whose version tools/programs.ts asks for`);
}
