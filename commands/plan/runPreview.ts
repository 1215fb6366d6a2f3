// Runs the real preview, the same that `npm run preview` shows, and reads what it says.
import { randomBytes } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { problemFile } from "../../src/flux/bundles.ts";
import { Masker } from "../../src/steps/mask.ts";
import { PrivateFolder } from "../../src/steps/privateFolder.ts";
import { shownConfigFile } from "../../src/talos/machine/shownDocuments.ts";
import { runPulumi } from "../pulumi/cli.ts";
import { learnState, secretConfig } from "../pulumi/secrets.ts";
import { exportStackInClear, resourcesOf } from "../pulumi/state.ts";
import type { Bundles } from "./makePlan.ts";
import { secretsOfEnvironment } from "../frame.ts";
import { openConfigs } from "./openConfigs.ts";
import { messagesOf, readDigest, stackOf, type PreviewDigest } from "./preview.ts";
import { StepError } from "../../src/steps/stepError.ts";

/** What a preview gave. */
interface Previewed {
  readonly digest: PreviewDigest;
  readonly bundles: Bundles;
  readonly masker: Masker;
}

/** Previews a stack, or the selected one; no machine is asked. @throws StepError with the preview's own words when it fails */
export async function runPreview(stack: string | undefined): Promise<Previewed> {
  const folder = new PrivateFolder();
  const maskKey = randomBytes(32).toString("hex");
  const env = { HOME_OPS_BUNDLE_FOLDER: folder.path, HOME_OPS_MASK_KEY: maskKey };
  try {
    const named = stack === undefined ? [] : ["--stack", stack];
    // What stays the same tells how large the cluster is.
    const args = ["preview", "--json", "--show-sames", "--non-interactive", ...named];
    const { code, stdout, stderr } = await runPulumi(args, { quiet: true, env });
    const digest = readDigest(stdout);
    if (code !== 0 || digest === undefined) throw new StepError(failureOf(digest, stderr, stdout));
    const texts = textsIn(folder.path, ".yaml");
    const problem = textsIn(folder.path, problemFile).get("");
    const documents = textsIn(folder.path, shownConfigFile(""));
    // Nothing of it is left behind when what follows is interrupted.
    folder.remove();
    return { ...withSecrets(digest, documents, maskKey), bundles: { texts, problem } };
  } finally {
    folder.remove();
  }
}

/** Looks into what the preview hides, and learns what must be hidden besides. @param shown documents of machines, as JSON */
function withSecrets(
  digest: PreviewDigest,
  shown: ReadonlyMap<string, string>,
  maskKey: string,
): Pick<Previewed, "digest" | "masker"> {
  const masker = new Masker();
  for (const secret of secretsOfEnvironment()) masker.learn(secret);
  const { steps = [] } = digest;
  if (steps.every(({ op }) => op === "same")) return { digest, masker };
  const stack = stackOf(steps[0]?.urn ?? "");
  const state = resourcesOf(exportStackInClear(stack));
  learnState(state, masker);
  for (const secret of secretConfig(stack)) masker.learn(secret);
  const documents = new Map(
    [...shown].map(([machine, text]) => [machine, JSON.parse(text) as readonly unknown[]]),
  );
  return { digest: openConfigs(digest, { state, documents, maskKey }), masker };
}

/** The program's message, which the engine repeats on standard error; without one, what is there. */
function failureOf(digest: PreviewDigest | undefined, stderr: string, stdout: string): string {
  const errors = messagesOf(digest, "error").filter((text) => text !== "preview failed");
  if (errors.length > 0) return errors.join("\n");
  const text = stderr.trim() || stdout.trim() || "pulumi preview failed and said nothing";
  return text.replace(/^error: /, "");
}

/** Texts of the files with an ending, by what stands before it. */
function textsIn(folder: string, ending: string): ReadonlyMap<string, string> {
  const files = readdirSync(folder).filter((file) => file.endsWith(ending));
  return new Map(
    files.map((file) => [file.slice(0, -ending.length), readFileSync(join(folder, file), "utf8")]),
  );
}
