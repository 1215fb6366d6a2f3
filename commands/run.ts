// npm run up|preview|destroy [-- flags of pulumi]: recovers from a killed run, then runs pulumi in this terminal, and says
// what Pulumi leaves unsaid when that fails.
import { explainFailure } from "./explain.ts";
import { explainMachines } from "./explainMachines.ts";
import { runPulumi } from "./pulumiProcess.ts";
import { CommandError } from "./pulumiCli.ts";
import { forgetWiped } from "./recover/machines.ts";
import { recover, stackOf } from "./recover/recover.ts";

const [verb = "", ...args] = process.argv.slice(2);
// A preview changes nothing, not even what a killed run has left.
const changes = verb !== "preview" && !args.includes("--help");
try {
  if (changes) for (const line of await recover(args)) console.log(`recovered: ${line}`);
  if (changes) for (const line of await forgetWiped(stackOf(args), verb)) console.log(`recovered: ${line}`);
  const { code } = await runPulumi([verb, ...args]);
  process.exitCode = code;
  if (verb === "up" && code !== 0) await explain();
  if (["up", "destroy"].includes(verb) && changes && code !== 0) await explainWipes();
} catch (error) {
  if (!(error instanceof CommandError)) throw error;
  console.error(error.message);
  process.exitCode = 1;
}

async function explain(): Promise<void> {
  // Whatever is wrong with that has been said by the run itself.
  const lines = await explainFailure(args).catch(() => []);
  for (const line of lines) console.error(line);
}

async function explainWipes(): Promise<void> {
  const lines = await explainMachines(stackOf(args), verb).catch(() => []);
  for (const line of lines) console.error(line);
}
