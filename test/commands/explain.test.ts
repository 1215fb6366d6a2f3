import { describe, expect, it } from "@jest/globals";
import { describeRelease } from "../../commands/explain.ts";

describe("what is said after a run that failed", () => {
  const release = (error: string) => ({
    urn: "",
    type: "kubernetes:helm.sh/v3:Release",
    inputs: { version: "1.19.7", timeout: 300 },
    outputs: { version: "1.20.1", timeout: 600 },
    initErrors: [error],
  });

  it("says that Cilium was rolled back, what runs, and what to do", () => {
    expect(
      describeRelease(
        release("release cilium failed, and has been rolled back due to atomic being set: timed out"),
        "1.19.7",
      ),
    ).toStrictEqual([
      "Cilium 1.20.1 was not ready after 600 s: Helm has rolled it back, and 1.19.7 runs",
      "  → look at: kubectl -n kube-system get events,pods -l app.kubernetes.io/part-of=cilium; fix that, then run npm run up again, which tries 1.20.1 once more; or take versions.cilium and its values back",
    ]);
  });

  it("says when going back failed too", () => {
    const [line] = describeRelease(
      release("an error occurred while rolling back the release. original upgrade error: timed out"),
      "1.20.1",
    );
    expect(line).toBe(
      "Cilium 1.20.1 was not ready after 600 s, and going back failed as well: the agents are of 1.20.1",
    );
  });

  it("says that a failed install was left as it is", () => {
    const [line] = describeRelease(release("timed out waiting for the condition"), undefined);
    expect(line).toBe(
      "Cilium 1.20.1 is not ready after 600 s; it was left as it is, an unknown version is installed",
    );
  });
});
