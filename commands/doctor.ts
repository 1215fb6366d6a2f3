// npm run doctor [-- --cluster]: what is missing on this computer; what is wrong with Flux in the cluster.
import { join } from "node:path";
import { readReached, type LastRun } from "../src/config/reached.ts";
import { clusterHelp, clusterOptions, connect, type ClusterChoice } from "./cluster/connect.ts";
import { diagnose } from "./doctor/cluster/diagnose.ts";
import { lookAtFlux } from "./doctor/cluster/look.ts";
import { reach } from "./doctor/cluster/reach.ts";
import { diagnosisLines } from "./doctor/cluster/write.ts";
import { examineComputer } from "./doctor/computer.ts";
import { leftBehind } from "./doctor/leftBehind.ts";
import { findingLines } from "./doctor/report.ts";
import { exitCodes, runCommand, type Console } from "./frame.ts";
import type { Redactor } from "../src/steps/redact.ts";
import { StepError } from "../src/steps/stepError.ts";
import { pulumi } from "./pulumi/cli.ts";
import { exportStack, exportStackInClear, stackOf } from "./pulumi/state.ts";
import { machinesIn, talosconfigOf } from "./recover/machines.ts";

const help = `npm run doctor [-- --cluster]

Without --cluster it looks at this computer and at what an \`up\` needs around it: programs and their versions, the stack
config with the tree and its secrets, the age key, GITHUB_TOKEN, what answers at the machines' addresses (two seconds), and
what a run that was killed has left in the state, at GitHub and in the cluster.

  --cluster           looks at Flux in the cluster instead: root causes first, with the revisions, Helm's history, events,
                      pods and lines of logs that belong to them, what waits for them, and the next step of each. Changes
                      nothing. Where the cluster's endpoint is dead it looks through a control plane. Secrets are taken out
${clusterHelp}

Exit code 0: healthy (warnings and what is being worked on do not count). 1: something is wrong or missing. 2: it could not
look.`;

/** An API server that is well answers in a fraction of that. */
const answerMs = 8_000;
const podLogLines = 5;

await runCommand(
  {
    name: "npm run doctor",
    help,
    options: { ...clusterOptions, cluster: { type: "boolean", default: false } },
  },
  ({ values }, terminal) => (values.cluster ? cluster(values, terminal) : computer(values.stack, terminal)),
);

async function computer(name: string | undefined, { say, paint, redactor }: Console): Promise<number> {
  const stack = stackNamed(name, redactor);
  const findings = [
    ...(await examineComputer(join(import.meta.dirname, ".."), stack)),
    ...("problem" in stack ? [] : await leftBehind(stack.name)),
  ];
  for (const finding of findings) for (const line of findingLines(finding, paint)) say(line);
  return findings.some(({ state }) => state === "missing") ? exitCodes.found : exitCodes.nothing;
}

/** The stack and what its last run has reached. Its outputs are read without secrets. */
function stackNamed(
  name: string | undefined,
  redactor: Redactor,
): { name: string; lastRun: LastRun } | { problem: string } {
  try {
    const stack = name ?? stackOf([]);
    const outputs = pulumi(["stack", "output", "--json", "--stack", stack]);
    const reached = readReached(JSON.parse(outputs) as Readonly<Record<string, unknown>>);
    if (reached.machines === undefined) return { name: stack, lastRun: reached };
    const configured = machinesIn(exportStack(stack));
    return { name: stack, lastRun: { ...reached, configured, talosconfig: talosconfigIn(stack, redactor) } };
  } catch (error) {
    if (!(error instanceof StepError)) throw error;
    return name === undefined
      ? { problem: error.message.split("\n").at(-1) ?? "" }
      : { name, lastRun: { versions: {} } };
  }
}

/** Without the stack's passphrase there is none: then machines are looked at from outside. */
function talosconfigIn(stack: string, redactor: Redactor): string | undefined {
  try {
    const text = talosconfigOf(exportStackInClear(stack));
    redactor.learn(text);
    return text;
  } catch (error) {
    if (!(error instanceof StepError)) throw error;
    return undefined;
  }
}

async function cluster(choice: ClusterChoice, { say, paint, redactor }: Console): Promise<number> {
  const connection = connect(choice, redactor, answerMs);
  const { kubernetes, version, detour } = await reach(connection, answerMs);
  say(`${connection.name}: Kubernetes ${version}`);
  if (detour !== undefined) say(detour);
  const sight = await lookAtFlux(kubernetes, redactor);
  for (const text of sight.unseen) say(`could not look at ${text}`);
  if (sight.flux.length === 0)
    throw new StepError("there is nothing of Flux to be seen in this cluster", "npm run up installs it");
  const diagnosis = diagnose(sight, Date.now());
  const pods = diagnosis.troubles.flatMap((trouble) => trouble.pods);
  const logs = pods.map(async ({ namespace, name, hasEnded }) => {
    const text = await kubernetes.podLog(namespace, name, podLogLines, hasEnded).catch(() => "");
    return [name, text.split("\n").filter((line) => line !== "")] as const;
  });
  const byPod = new Map(await Promise.all(logs));
  for (const line of diagnosisLines(diagnosis, ({ name }) => byPod.get(name) ?? [], paint)) say(line);
  const isWell = diagnosis.troubles.length === 0 && detour === undefined && sight.unseen.length === 0;
  return isWell ? exitCodes.nothing : exitCodes.found;
}
