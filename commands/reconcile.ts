// npm run reconcile: brings the cluster to the commit of its branch now, and says what becomes of it.
import { join } from "node:path";
import { clusterHelp, clusterOptions, connect } from "./cluster/connect.ts";
import { milliseconds, readArguments, runCommand } from "./cluster/command.ts";
import { paintFor } from "./plan/print/colours.ts";
import { treeFolder } from "./reconcile/commit.ts";
import { Progress } from "./reconcile/progress.ts";
import { reconcile } from "./reconcile/run.ts";

const help = `npm run reconcile [-- --timeout 10m]

After a push: has Flux fetch the branch now, apply it from the root down, and try again what failed before; prints each
Kustomization and HelmRelease as it becomes Ready at the commit, and why one does not. Changes nothing in Git. Flux does the
same by itself every few minutes; this is for not waiting.

The commit is the one that Flux fetches with its own key. It is compared with what the Git host says, where this user may
read it without a question, and with the HEAD of the checkout that the stack's tree is in.

  --timeout TIME      how long to wait, e.g. 90s or 30m; default 10m
${clusterHelp}

Exit code 0: everything is at the commit and Ready, but for what is suspended, which is named. 1: not, and why; also when
Flux is suspended as a whole. 130: Ctrl-C; Flux goes on by itself.`;

let redact = (text: string): string => text;

await runCommand(
  {
    onInterrupt: "stopped waiting; Flux goes on by itself (npm run doctor -- --cluster says how far it is)",
    failure: 1,
    redact: (text) => redact(text),
  },
  async (signal) => {
    const { values } = readArguments("npm run reconcile", {
      args: process.argv.slice(2),
      options: { ...clusterOptions, timeout: { type: "string", default: "10m" } },
    });
    if (values.help) {
      console.log(help);
      return 0;
    }
    const end = Date.now() + milliseconds(values.timeout);
    const cluster = connect(values);
    redact = (text) => cluster.redactor.redact(text);
    const say = (line: string): void => console.log(redact(line));
    const done = await reconcile({
      cluster,
      end,
      signal,
      say,
      tree: treeFolder(join(import.meta.dirname, ".."), cluster.stack),
      progress: new Progress(say, paintFor(process.stdout, process.env)),
    });
    return done ? 0 : 1;
  },
);
