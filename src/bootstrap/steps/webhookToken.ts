// Makes the token with which GitHub signs its deliveries. As with the deploy key its output is a secret: logged nowhere,
// encrypted in the state. A token made by a run that was killed is forgotten, never half used.
import { randomBytes } from "node:crypto";
import { runStep } from "../../steps/step.ts";

await runStep({ name: "make the webhook token", timeoutSeconds: 30 }, () => {
  const token = randomBytes(32).toString("hex");
  // Written directly: the frame's own lines are redacted.
  process.stdout.write(JSON.stringify({ token }));
  return Promise.resolve("");
});
