// Makes the key pair of Flux's deploy key. Its output is the one output of a step that is a secret: it is logged
// nowhere and kept encrypted in the state. A key made by a run that was killed is forgotten, never half used.
import ssh2 from "ssh2";
import { runStep } from "../../steps/step.ts";

await runStep({ name: "make the deploy key", timeoutSeconds: 30 }, () => {
  // No comment: GitHub drops it, and a later run would see another key.
  const pair = ssh2.utils.generateKeyPairSync("ed25519");
  // Written directly: the frame's own lines are redacted.
  process.stdout.write(JSON.stringify({ privateKey: pair.private, publicKey: pair.public.trim() }));
  return Promise.resolve("");
});
