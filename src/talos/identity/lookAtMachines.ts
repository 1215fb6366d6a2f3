// Before the first resource: every machine of the cluster is asked who it is, all at once. It is no step, because a step runs
// only when its inputs change, and a machine that was wiped, exchanged or moved changes none (docs/decisions/0016).
import * as pulumi from "@pulumi/pulumi";
import type { Config } from "../../config/config.ts";
import { describe, StepError } from "../../steps/stepError.ts";
import { withTalosctl } from "../../steps/talosctl.ts";
import { done, notYet, waitFor } from "../../steps/wait.ts";
import { ask } from "./ask.ts";
import { judge, machinesToAsk, type Verdict } from "./judge.ts";

/** Longest wait for a connection. Machines that are off must not make a preview slow, in which nothing is done to them. */
const connectMs = { preview: 1_000, up: 2_000 } as const;

/** A machine on whose answer something depends gets this long in an `up`: it may be rebooting. */
const patienceSeconds = 30;

/**
 * Looks at the machines of a cluster that there is already. A preview only warns, and says nothing of machines that do not
 * answer; it works without talosctl.
 * @throws pulumi.RunError in an `up` when one of them is not what it is taken for; nothing has been touched then
 */
export async function lookAtMachines(config: Config): Promise<void> {
  const { configured, talosconfig } = config.lastRun;
  if (configured === undefined || configured.length === 0 || talosconfig === undefined) return;
  const isPreview = pulumi.runtime.isDryRun();
  const limit = isPreview ? connectMs.preview : connectMs.up;
  try {
    await withTalosctl(talosconfig, async (talosctl) => {
      const look = async (): Promise<readonly Verdict[]> => {
        const answers = machinesToAsk(config).map(
          async (machine) => [machine.address, await ask(talosctl, machine, limit)] as const,
        );
        return judge({ config, answers: new Map(await Promise.all(answers)) });
      };
      await (isPreview ? warn(await look()) : insist(await patiently(look)));
    });
  } catch (error) {
    if (!(error instanceof StepError)) throw error;
    if (!isPreview) throw new pulumi.RunError(describe(error));
  }
}

async function patiently(look: () => Promise<readonly Verdict[]>): Promise<readonly Verdict[]> {
  const end = Date.now() + patienceSeconds * 1000;
  return waitFor(
    {
      what: "the machines",
      timeoutSeconds: 2 * patienceSeconds,
      todo: "run pulumi up again",
      signal: new AbortController().signal,
      say: (line) => void pulumi.log.info(line, undefined, undefined, true),
    },
    async () => {
      const verdicts = await look();
      const [first] = verdicts.filter(({ kind }) => kind === "unsure");
      const isOver = Date.now() >= end || verdicts.some(({ kind }) => kind === "refuse");
      return first === undefined || isOver ? done(verdicts) : notYet(first.text);
    },
  );
}

async function warn(verdicts: readonly Verdict[]): Promise<void> {
  for (const { kind, text, todo } of verdicts)
    if (kind !== "unsure")
      await pulumi.log.warn(kind === "notice" ? text : `pulumi up will refuse this: ${text} → ${todo}`);
}

/** @throws pulumi.RunError with everything that is in the way */
async function insist(verdicts: readonly Verdict[]): Promise<void> {
  const refused = verdicts.filter(({ kind }) => kind !== "notice");
  if (refused.length > 0)
    throw new pulumi.RunError(refused.map(({ text, todo }) => describe({ message: text, todo })).join("\n"));
  for (const { text } of verdicts) await pulumi.log.info(text);
}
