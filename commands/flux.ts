// npm run flux -- suspend|resume|reconcile|force <kind>/<namespace>/<name>: one object of Flux.
import { clusterHelp, clusterOptions, connect } from "./cluster/connect.ts";
import { milliseconds, runCommand } from "./frame.ts";
import { nearest } from "../src/config/suggest.ts";
import { actions } from "./flux/actions.ts";
import { readTarget } from "./flux/target.ts";
import { StepError } from "../src/steps/stepError.ts";

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

Exit code 0: done, and Ready where something was waited for. 1: not, or it could not, and why. 130: Ctrl-C; Flux goes on by itself.`;

await runCommand(
  {
    name: "npm run flux",
    help,
    failure: 1,
    onSignal: "stopped waiting; Flux goes on by itself",
    words: 2,
    options: { ...clusterOptions, timeout: { type: "string", default: "5m" } },
  },
  async ({ values, positionals: [verb = "", text] }, { signal, say, redactor }) => {
    const action = actions[verb];
    if (action === undefined) throw noSuchVerb(verb);
    if (text === undefined)
      throw new StepError("name one object", `npm run flux -- ${verb} HelmRelease/default/podinfo`);
    const target = readTarget(text);
    const end = Date.now() + milliseconds(values.timeout);
    const { kubernetes } = connect(values, redactor);
    return (await action({ kubernetes, target, end, signal, say })) ? 0 : 1;
  },
);

function noSuchVerb(verb: string): StepError {
  const verbs = Object.keys(actions);
  const meant = nearest(verb, verbs);
  if (verb === "") return new StepError(`say what to do: ${verbs.join(", ")}; see npm run flux -- --help`);
  return new StepError(
    `there is no ${verb}`,
    meant === undefined ? `there are ${verbs.join(", ")}` : `did you mean ${meant}?`,
  );
}
