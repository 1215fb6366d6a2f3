// The toolbox entry `flux-manifests@<version>`: a folder with Flux's install manifests as an OCI image layout.
import { join } from "node:path";
import { hashOf, makeWhole, recipeHash, type Environment } from "../cache.ts";
import { tool, type Toolbox } from "../toolbox.ts";
import { writeArtifact } from "./artifact.ts";
import { generateDefinitions } from "./definitions.ts";
import { renderManifests } from "./manifests.ts";
import { fluxSets } from "./sets.ts";

/** Seconds that controller-gen needs for four API packages. */
const generateSeconds = 15;
/** Part of the hash: to be raised when the layout of the folder changes. */
const layoutVersion = "1";

/** How the entry is made; undefined for another key. */
export function fluxManifests(
  key: string,
  where: { readonly root: string; readonly recipes: string; readonly env: Environment },
):
  | {
      readonly path: string;
      readonly seconds: number;
      readonly needs: readonly string[];
      make(toolbox: Toolbox): Promise<void>;
    }
  | undefined {
  const set = fluxSets.find(({ version }) => key === `flux-manifests@${version}`);
  if (set === undefined) return undefined;
  const { root, recipes, env } = where;
  const hash = hashOf(
    layoutVersion,
    recipeHash(join(recipes, set.recipe)),
    // controller-gen's version.
    recipeHash(join(recipes, "misc")),
    JSON.stringify(set),
    renderManifests(set, {}),
  );
  const path = join(root, `flux-manifests-${set.version}-${hash}`);
  const make = async (toolbox: Toolbox): Promise<void> => {
    const definitions = await generateDefinitions(set, {
      controllerGen: tool(toolbox, "controller-gen"),
      recipes,
      env,
      log: join(root, "logs", `flux-manifests-${set.version}.log`),
    });
    await makeWhole(path, (temporary) =>
      writeArtifact(temporary, set.version, renderManifests(set, definitions)),
    );
  };
  return { path, seconds: generateSeconds, needs: ["controller-gen"], make };
}
