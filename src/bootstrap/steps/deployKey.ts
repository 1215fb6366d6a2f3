// Makes the key pair of Flux's deploy key. Its output is the one output of a step that is a secret: it is logged
// nowhere and kept encrypted in the state. A key made by a run that was killed is forgotten, never half used.
import { runStep } from "../../steps/step.ts";
import { makeKeyPair } from "../keyPair.ts";

await runStep({ name: "make the deploy key", timeoutSeconds: 30 }, () => {
  const pair = makeKeyPair();
  // Written directly: the frame's own lines are redacted.
  process.stdout.write(JSON.stringify({ privateKey: pair.private, publicKey: pair.public }));
  return Promise.resolve("");
});
