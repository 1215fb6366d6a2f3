// npm run reconcile: brings the cluster to the commit of its branch now, and says what becomes of it.
import { join } from "node:path";
import { clusterHelp, clusterOptions, connect } from "./cluster/connect.ts";
import { exitCodes, milliseconds, runCommand } from "./frame.ts";
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
Flux is suspended as a whole. 2: it could not, and why. 130: Ctrl-C; Flux goes on by itself.`;

await runCommand(
  {
    name: "npm run reconcile",
    help,
    onSignal: "stopped waiting; Flux goes on by itself (npm run doctor -- --cluster says how far it is)",
    options: { ...clusterOptions, timeout: { type: "string", default: "10m" } },
  },
  async ({ values }, { signal, say, paint, redactor }) => {
    const end = Date.now() + milliseconds(values.timeout);
    const cluster = connect(values, redactor);
    const done = await reconcile({
      cluster,
      end,
      signal,
      say,
      tree: treeFolder(join(import.meta.dirname, ".."), cluster.stack),
      progress: new Progress(say, paint),
    });
    return done ? exitCodes.nothing : exitCodes.found;
  },
);
