// A tree of many apps, made of the fixtures' own: for how long a check takes.
import { cpSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";

/** Adds apps to a copy of the fixtures' tree; each is one of its `store`, with a chart, a dependency and a generator. */
export function addApps(root: string, count: number): void {
  const apps = join(root, "cluster", "apps", "default");
  const names = Array.from({ length: count }, (_, index) => `app-${String(index)}`);
  for (const name of names) {
    cpSync(join(apps, "store"), join(apps, name), { recursive: true });
    for (const file of [
      "ks.yaml",
      "app/ocirepository.yaml",
      "app/helmrelease.yaml",
      "app/kustomization.yaml",
    ]) {
      const path = join(apps, name, file);
      writeFileSync(path, readFileSync(path, "utf8").replaceAll("store", name));
    }
  }
  const list = join(apps, "kustomization.yaml");
  const added = names.map((name) => `  - ${name}/ks.yaml\n`).join("");
  writeFileSync(list, readFileSync(list, "utf8") + added);
}
