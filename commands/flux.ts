// npm run flux -- suspend|resume|reconcile|force <kind>/<namespace>/<name>: one object of Flux.
import { clusterHelp, clusterOptions, connect } from "./cluster/connect.ts";
import { milliseconds, readArguments, runCommand } from "./cluster/command.ts";
import { nearest } from "../src/config/suggest.ts";
import { actions } from "./flux/actions.ts";
import { readTarget } from "./flux/target.ts";
import { CommandError } from "./pulumiCli.ts";

const help = `npm run flux -- suspend|resume|reconcile|force <kind>/<namespace>/<name> [options]

  suspend     Flux leaves the object as it is until somebody resumes it: neither the Kustomization that applies it nor the
              end of maintenance does. A suspended Kustomization applies nothing; what it has applied goes on
  resume      takes that back, has the object looked at and waits for the outcome
  reconcile   has the object looked at now and waits for the outcome
  force       HelmRelease: Helm upgrades once more although nothing has changed, and failures are counted from zero again.
              Kustomization: applied once with spec.force: objects with a field that cannot be changed in place (a
              Deployment's selector, a PersistentVolumeClaim's class) are DELETED and made anew, with what they hold

Kinds, in any case: Kustomization (ks), HelmRelease (hr), GitRepository (git), OCIRepository (oci), HelmRepository, HelmChart,
Bucket, Receiver, Alert, Provider, and the image kinds. GitRepository home-cluster, OCIRepository flux-manifests and the
Kustomizations cluster and flux belong to Pulumi: \`suspend: true\` in the stack config suspends them, and everything else.

  --timeout TIME      how long to wait for the outcome, e.g. 90s; default 5m
${clusterHelp}

Exit code 0: done, and Ready where something was waited for. 1: not, and why. 130: Ctrl-C; Flux goes on by itself.`;

let redact = (text: string): string => text;

await runCommand(
  { onInterrupt: "stopped waiting; Flux goes on by itself", failure: 1, redact: (text) => redact(text) },
  async (signal) => {
    const { values, positionals } = readArguments("npm run flux", {
      args: process.argv.slice(2),
      allowPositionals: true,
      options: { ...clusterOptions, timeout: { type: "string", default: "5m" } },
    });
    if (values.help) {
      console.log(help);
      return 0;
    }
    const [verb = "", text = "", ...more] = positionals;
    const action = actions[verb];
    if (action === undefined) throw new CommandError(noSuchVerb(verb));
    if (text === "" || more.length > 0)
      throw new CommandError(`name one object → npm run flux -- ${verb} HelmRelease/default/podinfo`);
    const target = readTarget(text);
    const end = Date.now() + milliseconds(values.timeout);
    const { kubernetes, redactor } = connect(values);
    redact = (line) => redactor.redact(line);
    return (await action({ kubernetes, target, end, signal, say: (line) => console.log(redact(line)) }))
      ? 0
      : 1;
  },
);

function noSuchVerb(verb: string): string {
  const verbs = Object.keys(actions);
  const meant = nearest(verb, verbs);
  if (verb === "") return `say what to do: ${verbs.join(", ")}; see npm run flux -- --help`;
  return `there is no ${verb} → ${meant === undefined ? `there are ${verbs.join(", ")}` : `did you mean ${meant}?`}`;
}
