// Runs the real preview, the same that `npm run preview` shows, and reads what it says.
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { problemFile } from "../../src/flux/bundles.ts";
import { PrivateFolder } from "../../src/steps/privateFolder.ts";
import { runPulumi } from "../pulumiProcess.ts";
import { CommandError } from "../pulumiCli.ts";
import type { Bundles } from "./makePlan.ts";
import { messagesOf, readDigest, type PreviewDigest } from "./preview.ts";

/** What a preview gave. */
export interface Previewed {
  readonly digest: PreviewDigest;
  readonly bundles: Bundles;
}

/**
 * Previews a stack. Nothing is changed, and no machine is asked.
 * @param stack its name; undefined for the selected one
 * @throws CommandError with the preview's own words when it fails
 */
export async function runPreview(stack: string | undefined): Promise<Previewed> {
  const folder = new PrivateFolder();
  try {
    const { code, stdout, stderr } = await runPulumi(
      [
        "preview",
        "--json",
        // They tell how large the cluster is.
        "--show-sames",
        "--non-interactive",
        ...(stack === undefined ? [] : ["--stack", stack]),
      ],
      { quiet: true, env: { HOME_OPS_BUNDLE_FOLDER: folder.path } },
    );
    const digest = readDigest(stdout);
    if (code !== 0 || digest === undefined) throw new CommandError(failureOf(digest, stderr, stdout));
    return { digest, bundles: bundlesIn(folder.path) };
  } finally {
    folder.remove();
  }
}

/** The program's message, which the engine repeats on standard error; without one, what is there. */
function failureOf(digest: PreviewDigest | undefined, stderr: string, stdout: string): string {
  const errors = messagesOf(digest, "error").filter((text) => text !== "preview failed");
  if (errors.length > 0) return errors.join("\n");
  const text = stderr.trim() || stdout.trim() || "pulumi preview failed and said nothing";
  return text.replace(/^error: /, "");
}

function bundlesIn(folder: string): Bundles {
  const files = readdirSync(folder);
  const read = (file: string): string => readFileSync(join(folder, file), "utf8");
  return {
    texts: new Map(
      files
        .filter((file) => file.endsWith(".yaml"))
        .map((file) => [file.slice(0, -".yaml".length), read(file)]),
    ),
    problem: files.includes(problemFile) ? read(problemFile) : undefined,
  };
}
