// npm run recover [-- --stack NAME]: puts right what a killed pulumi left behind, and nothing else.
import { CommandError } from "./pulumiCli.ts";
import { recover } from "./recover/recover.ts";

const args = process.argv.slice(2);
if (args.includes("--help")) {
  console.log(
    "npm run recover [-- --stack NAME]\n\nAfter a killed run: frees the stack's lock, removes what it left outside its state, drops its pending operations.",
  );
  process.exit(0);
}
try {
  const done = await recover(args);
  console.log(done.length === 0 ? "nothing to recover: the last run ended by itself" : done.join("\n"));
} catch (error) {
  if (!(error instanceof CommandError)) throw error;
  console.error(error.message);
  process.exitCode = 1;
}
