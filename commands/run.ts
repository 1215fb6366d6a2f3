// npm run up|preview|refresh|destroy [-- flags of pulumi]: looks at what pulumi would find too late, recovers from a killed
// run, then runs pulumi in this terminal, and says what Pulumi leaves unsaid when that fails.
import { explainFailure, explainMachines } from "./explain.ts";
import { runInFrame } from "./frame.ts";
import { refreshes, refuseBadToken, refuseProtected } from "./guards.ts";
import { runPulumi } from "./pulumi/cli.ts";
import { exportStack, stackOf } from "./pulumi/state.ts";
import { recover } from "./recover/recover.ts";

const [verb = "", ...args] = process.argv.slice(2);

const help = `npm run ${verb} [-- flags of pulumi ${verb}]

Looks at what pulumi would find too late, recovers from a killed run, then runs \`pulumi ${verb}\` in this terminal, and says
what pulumi leaves unsaid when that fails. A preview changes nothing.

Exit code 0: done. Else that of pulumi; 1 where it was not begun, and why.

`;

// A preview changes nothing, not even what a killed run has left.
const asks = args.includes("--help") || args.includes("-h");
const changes = verb !== "preview" && !asks && !args.some((arg) => /^--preview-only(=true)?$/.test(arg));

await runInFrame({ name: `npm run ${verb}`, failure: 1, onSignal: "child" }, async ({ say }) => {
  if (asks) say(help);
  else await guard();
  if (changes) {
    const { done, left } = await recover(args, verb);
    for (const line of done) say(`recovered: ${line}`);
    for (const line of left) say(`left: ${line}`);
  }
  const { code } = await runPulumi([verb, ...args]);
  if (code !== 0) await explain();
  return code;
});

/** Whatever is wrong with the looks has been said by the run itself. */
async function explain(): Promise<void> {
  const looks = [
    ...(verb === "up" ? [explainFailure] : []),
    ...(changes && ["up", "destroy"].includes(verb) ? [explainMachines] : []),
  ];
  for (const look of looks)
    for (const line of await look(stackOf(args), verb).catch(() => [])) console.error(line);
}

async function guard(): Promise<void> {
  const refreshing = refreshes(verb, args);
  const destroying = verb === "destroy" && changes;
  if (!refreshing && !destroying) return;
  const stack = stackOf(args);
  const state = exportStack(stack);
  if (destroying) refuseProtected(stack, state);
  if (refreshing) await refuseBadToken(state);
}
