import assert from "node:assert/strict";
import { describe, it } from "node:test";
import * as pulumi from "@pulumi/pulumi";
import { valueOf } from "../../src/steps/runStep.ts";

describe("the value of an output", () => {
  it("is there when it is there", async () => {
    assert.equal(await valueOf(pulumi.output("home")), "home");
    assert.equal(await valueOf(pulumi.secret(Promise.resolve("home"))), "home");
  });

  it("that will never be there is an error, and not waited for", { timeout: 5_000 }, async () => {
    const failing = quiet(pulumi.output(Promise.reject<string>(new Error("no kubeconfig"))));
    await assert.rejects(valueOf(failing), /no kubeconfig/);
    const throwing = quiet(
      pulumi.output("x").apply((): string => {
        throw new Error("without a cluster");
      }),
    );
    await assert.rejects(valueOf(throwing), /without a cluster/);
  });
});

/** An output has further promises that fail with it; nobody asks for them here. */
function quiet<T>(output: pulumi.Output<T>): pulumi.Output<T> {
  const { isKnown, isSecret, allResources } = output as unknown as {
    isKnown: Promise<boolean>;
    isSecret: Promise<boolean>;
    allResources: () => Promise<unknown>;
  };
  void Promise.allSettled([isKnown, isSecret, allResources()]);
  return output;
}
