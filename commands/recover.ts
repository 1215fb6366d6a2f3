// npm run recover [-- --stack NAME]: puts right what a killed pulumi left behind, and nothing else.
import { CommandError } from "./pulumiCli.ts";
import { forgetGone, forgetWiped } from "./recover/machines.ts";
import { recover, stackOf } from "./recover/recover.ts";

const args = process.argv.slice(2);
if (args.includes("--help")) {
  console.log(
    "npm run recover [-- --stack NAME] [-- --gone MACHINE]\n\n--gone MACHINE: the hardware of a machine that has left the cluster is dead and cannot be wiped. The state forgets it, so that up and destroy do not try it again.\n\nAfter a removal whose wipe failed: forgets the machine when it is in maintenance mode. After a killed run: frees the stack's lock, removes what it left outside its state, drops its pending operations.",
  );
  process.exit(0);
}
const goneAt = args.indexOf("--gone");
try {
  if (goneAt >= 0) {
    const rest = args.toSpliced(goneAt, 2);
    console.log(await forgetGone(stackOf(rest), args[goneAt + 1] ?? ""));
    process.exit(0);
  }
  const done = [...(await recover(args)), ...(await forgetWiped(stackOf(args), "recover"))];
  console.log(done.length === 0 ? "nothing to recover: the last run ended by itself" : done.join("\n"));
} catch (error) {
  if (!(error instanceof CommandError)) throw error;
  console.error(error.message);
  process.exitCode = 1;
}
