import { describe, expect, it, jest } from "@jest/globals";
import * as pulumi from "@pulumi/pulumi";
import { valueOf } from "../../src/steps/runStep.ts";

jest.setTimeout(5_000);

describe("the value of an output", () => {
  it("is there when it is there", async () => {
    expect(await valueOf(pulumi.output("home"))).toBe("home");
    expect(await valueOf(pulumi.secret(Promise.resolve("home")))).toBe("home");
  });

  it("that will never be there is an error, and not waited for", async () => {
    const failing = quiet(pulumi.output(Promise.reject<string>(new Error("no kubeconfig"))));
    await expect(valueOf(failing)).rejects.toThrow(/no kubeconfig/);
    const throwing = quiet(
      pulumi.output("x").apply((): string => {
        throw new Error("without a cluster");
      }),
    );
    await expect(valueOf(throwing)).rejects.toThrow(/without a cluster/);
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
