// What each machine is sent, for `npm run plan`, without its secrets. The base config is a secret as a whole, and patches
// that hold one are too, so that a preview says nothing of them; the program knows both and hides no more than it must.
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import * as pulumi from "@pulumi/pulumi";
import type { Config } from "../../config/config.ts";
import { Masker } from "../../steps/mask.ts";
import type { MachinePlan } from "./machinePlan.ts";
import { shownBase, shownConfigFile } from "./shownDocuments.ts";

/** Parts of a document that say what it is. */
const names = ["apiVersion", "kind", "name"];

/**
 * Writes them where `npm run plan` asks for them; nothing in every other run, and nothing of what is not known yet.
 * @returns one for each machine, known when its file is there
 */
export function keepShownConfigs(
  plans: readonly MachinePlan[],
  { bundleFolder, maskKey }: Pick<Config, "bundleFolder" | "maskKey">,
): readonly pulumi.Output<void>[] {
  if (bundleFolder === undefined || maskKey === undefined) return [];
  return plans.map(({ node, base, patches }) => {
    const outputs = patches.map((patch) => pulumi.output(patch));
    const areSecret = Promise.all(outputs.map(async (patch) => pulumi.isSecret(patch)));
    return pulumi.all([base, pulumi.all(outputs), areSecret]).apply(([text, texts, secret]) => {
      const masker = new Masker(maskKey);
      const documents = [
        ...shownBase(text, masker),
        ...texts.map((patch, index) => shownPatch(patch, secret[index] ?? true, masker)),
      ];
      writeFileSync(join(bundleFolder, shownConfigFile(node.name)), JSON.stringify(documents), {
        mode: 0o600,
      });
    });
  });
}

/** Of a secret patch only its fields are shown. */
function shownPatch(text: string, isSecret: boolean, masker: Masker): unknown {
  const patch = JSON.parse(text) as Readonly<Record<string, unknown>>;
  if (!isSecret) return masker.hide(patch);
  return Object.fromEntries(
    Object.entries(patch).map(([key, value]) => [key, names.includes(key) ? value : masker.hideAll(value)]),
  );
}
