// npm run up|preview|destroy [-- flags of pulumi]: recovers from a killed run, then runs pulumi in this terminal, and says
// what Pulumi leaves unsaid when that fails.
//
// pulumi gets a temporary folder of its own, in memory and gone afterwards, because its Kubernetes provider leaves
// kubeconfigs with credentials there.
import { spawn } from "node:child_process";
import { constants } from "node:os";
import { PrivateFolder } from "../src/steps/privateFolder.ts";
import { explainFailure } from "./explain.ts";
import { CommandError } from "./recover/pulumi.ts";
import { recover } from "./recover/recover.ts";

const [verb = "", ...args] = process.argv.slice(2);
// A preview changes nothing, not even what a killed run has left.
const changes = verb !== "preview" && !args.includes("--help");
try {
  if (changes) for (const line of await recover(args)) console.log(`recovered: ${line}`);
} catch (error) {
  if (!(error instanceof CommandError)) throw error;
  console.error(error.message);
  process.exit(1);
}

const folder = new PrivateFolder();
const child = spawn("pulumi", [verb, ...args], {
  stdio: "inherit",
  env: { ...process.env, TMPDIR: folder.path },
});
// The terminal sends Ctrl-C to both; pulumi decides what it means, this process waits for it.
process.on("SIGINT", () => undefined);
process.on("SIGTERM", () => child.kill("SIGTERM"));
child.once("error", () => {
  console.error('pulumi is not on PATH: install it, or run: eval "$(npm run -s lab -- env)"');
  process.exit(127);
});
child.once("exit", (code, signal) => {
  folder.remove();
  void explain(code ?? 0).finally(() => {
    process.exit(code ?? 128 + (signal === null ? 0 : constants.signals[signal]));
  });
});

async function explain(code: number): Promise<void> {
  if (verb !== "up" || code === 0) return;
  // Whatever is wrong with that has been said by the run itself.
  const lines = await explainFailure(args).catch(() => []);
  for (const line of lines) console.error(line);
}
