// Flux's custom resource definitions, generated from the controllers' own Go API packages with upstream's generator.
import { readdirSync, readFileSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parse } from "yaml";
import type { Environment } from "../cache.ts";
import { runLogged } from "../goCommand.ts";
import type { Definitions } from "./manifests.ts";
import type { KubeObject } from "./object.ts";
import type { FluxController, FluxSet } from "./sets.ts";

/** Where things are. */
export interface DefinitionOptions {
  readonly controllerGen: string;
  /** Folder of all recipes. */
  readonly recipes: string;
  readonly env: Environment;
  /** File for what controller-gen prints. */
  readonly log: string;
}

/** Generates them, sorted by name. @throws Error with the generator's last lines */
export async function generateDefinitions(set: FluxSet, options: DefinitionOptions): Promise<Definitions> {
  const definitions: Record<string, readonly KubeObject[]> = {};
  for (const controller of set.controllers)
    definitions[controller.name] = await generate(set, controller, options);
  return definitions;
}

async function generate(
  set: FluxSet,
  { name, apis }: FluxController,
  options: DefinitionOptions,
): Promise<readonly KubeObject[]> {
  const folder = await mkdtemp(join(tmpdir(), "home-ops-crds-"));
  try {
    await runLogged({
      what: `generating the definitions of ${name} (Flux ${set.version})`,
      command: options.controllerGen,
      words: [
        "crd",
        ...apis.map((api) => `paths=github.com/fluxcd/${name}/api/${api}`),
        `output:crd:dir=${folder}`,
      ],
      cwd: join(options.recipes, set.recipe),
      env: options.env,
      log: options.log,
    });
    return readdirSync(folder)
      .sort()
      .map((file) => parse(readFileSync(join(folder, file), "utf8")) as KubeObject);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
