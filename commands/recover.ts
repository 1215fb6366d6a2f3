// npm run recover [-- --stack NAME]: puts right what a killed pulumi left behind, and nothing else.
import { runCommand } from "./frame.ts";
import { forgetGone } from "./recover/machines.ts";
import { stackOf } from "./pulumi/state.ts";
import { recover } from "./recover/recover.ts";

const help = `npm run recover [-- --stack NAME] [-- --gone MACHINE]

After a killed run: frees the stack's lock, removes what is this stack's and in no state (Helm revisions, deploy key, webhook),
drops its pending operations. What may be another's is named and left. After a removal whose wipe failed: forgets the machine
when it is in maintenance mode.

  --stack NAME     another stack than the selected one
  --gone MACHINE   the hardware of a machine that has left the cluster is dead and cannot be wiped: the state forgets it, so
                   that up and destroy do not try it again
  --help           print this

Exit code 0: done, or nothing to do. 1: it could not, and why.`;

await runCommand(
  {
    name: "npm run recover",
    help,
    failure: 1,
    options: { stack: { type: "string", short: "s" }, gone: { type: "string" } },
  },
  async ({ values: { stack, gone } }, { say }) => {
    const args = stack === undefined ? [] : ["--stack", stack];
    if (gone !== undefined) {
      say(await forgetGone(stackOf(args), gone));
      return 0;
    }
    const { done, left } = await recover(args, "recover");
    say(
      done.length === 0 ? "nothing to recover: nothing is left behind that is this stack's" : done.join("\n"),
    );
    for (const line of left) say(`left: ${line}`);
    return 0;
  },
);
