// npm run recover [-- --stack NAME]: puts right what a killed pulumi left behind, and nothing else.
import { CommandError } from "./pulumiCli.ts";
import { forgetGone } from "./recover/machines.ts";
import { recover, stackOf } from "./recover/recover.ts";

const args = process.argv.slice(2);
if (args.includes("--help")) {
  console.log(
    `npm run recover [-- --stack NAME] [-- --gone MACHINE]

After a killed run: frees the stack's lock, removes what is this stack's and in no state (Helm revisions, deploy key, webhook),
drops its pending operations. What may be another's is named and left. After a removal whose wipe failed: forgets the machine
when it is in maintenance mode.

  --gone MACHINE   the hardware of a machine that has left the cluster is dead and cannot be wiped: the state forgets it, so
                   that up and destroy do not try it again`,
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
  const { done, left } = await recover(args, "recover");
  console.log(
    done.length === 0 ? "nothing to recover: nothing is left behind that is this stack's" : done.join("\n"),
  );
  for (const line of left) console.log(`left: ${line}`);
} catch (error) {
  if (!(error instanceof CommandError)) throw error;
  console.error(error.message);
  process.exitCode = 1;
}
