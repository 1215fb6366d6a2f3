// npm run up|preview|destroy [-- flags of pulumi]: recovers from a killed run, then runs pulumi in this terminal.
import { runPulumi } from "./pulumiProcess.ts";
import { CommandError } from "./recover/pulumi.ts";
import { recover } from "./recover/recover.ts";

const [verb = "", ...args] = process.argv.slice(2);
// A preview changes nothing, not even what a killed run has left.
const changes = verb !== "preview" && !args.includes("--help");
try {
  if (changes) for (const line of await recover(args)) console.log(`recovered: ${line}`);
  process.exitCode = (await runPulumi([verb, ...args])).code;
} catch (error) {
  if (!(error instanceof CommandError)) throw error;
  console.error(error.message);
  process.exitCode = 1;
}
