// npm run recover [-- --stack NAME]: puts right what a killed pulumi left behind, and nothing else.
import { CommandError } from "./pulumiCli.ts";
import { recover } from "./recover/recover.ts";

const args = process.argv.slice(2);
if (args.includes("--help")) {
  console.log(
    "npm run recover [-- --stack NAME]\n\nAfter a killed run: frees the stack's lock, removes what is this stack's and in no state (Helm revisions, deploy key, webhook), drops its pending operations. What may be another's is named and left.",
  );
  process.exit(0);
}
try {
  const { done, left } = await recover(args);
  console.log(
    done.length === 0 ? "nothing to recover: nothing is left behind that is this stack's" : done.join("\n"),
  );
  for (const line of left) console.log(`left: ${line}`);
} catch (error) {
  if (!(error instanceof CommandError)) throw error;
  console.error(error.message);
  process.exitCode = 1;
}
