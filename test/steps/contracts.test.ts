import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { describe, expect, it } from "@jest/globals";
import * as pulumi from "@pulumi/pulumi";
import * as bootstrap from "../../src/bootstrap/contracts.ts";
import { stepCommand } from "../../src/steps/stepCommand.ts";
import { bodies, contracts } from "./contracts.ts";

const run = (...args: readonly string[]): { status: number | null; stdout: string; stderr: string } =>
  spawnSync(process.execPath, ["src/step.ts", ...args], { encoding: "utf8", env: { PATH: "" } });

describe("the steps", () => {
  it("have a contract and a body each, and a name of their own", () => {
    expect(Object.keys(bodies).sort()).toStrictEqual(Object.keys(contracts).sort());
    const names = Object.values(contracts).map(({ name }) => name);
    expect(new Set(names).size).toBe(names.length);
    for (const name of names) expect(name).toMatch(/^[a-z]+(-[a-z]+)+$/);
  });

  it.each(Object.entries(bodies))("can be imported without running anything: %s", async (key, file) => {
    const body = (await import(`../../${file}`)) as Readonly<Record<string, unknown>>;
    expect(typeof body[key]).toBe("function");
  });

  it("load no body, no client and no Pulumi for a contract", () => {
    for (const room of ["preflight", "talos", "bootstrap", "flux"]) {
      const text = readFileSync(`src/${room}/contracts.ts`, "utf8");
      for (const [, from = ""] of text.matchAll(/ from "([^"]+)"/g))
        assert.match(from, /^zod$|contracts?\.ts$/, room);
    }
  });

  it("are listed where none is named, or one that is not there", () => {
    for (const [args, stream, said] of [
      [[], "stderr", /^no step is named\n/],
      [["fix-all"], "stderr", /^there is no step fix-all\n/],
      [["--help"], "stdout", /^usage: /],
    ] as const) {
      const result = run(...args);
      expect(result.status).toBe(stream === "stdout" ? 0 : 2);
      expect(result[stream]).toMatch(said);
      for (const { name } of Object.values(contracts))
        expect(result[stream]).toMatch(new RegExp(`^  ${name}$`, "m"));
    }
  });

  it("name every input that is missing, in one message", () => {
    const { status, stdout, stderr } = run("make-deploy-key");
    expect([status, stdout]).toStrictEqual([1, ""]);
    expect(stderr).toBe(
      "step make-deploy-key: clusterName (CLUSTER_NAME): expected string, but it is not set; clusterId (CLUSTER_ID): expected string, but it is not set\n  → run this step through pulumi up, which sets its inputs\n",
    );
  });

  it("are not compiled with an input that is missing, misspelled or of another type", () => {
    const { makeDeployKey } = bootstrap;
    // Never called: the compiler is the test.
    const wrong = (parent: pulumi.Resource): void => {
      // @ts-expect-error clusterId is missing
      stepCommand("x", makeDeployKey, { clusterName: "x" }, { parent });
      // @ts-expect-error so is it here
      stepCommand("x", makeDeployKey, { clusterName: "x", clusterID: "x" }, { parent });
      // @ts-expect-error clusterName is a number
      stepCommand("x", makeDeployKey, { clusterName: 1, clusterId: "x" }, { parent });
      // @ts-expect-error the secret kubeconfigText is missing
      stepCommand("x", bootstrap.waitForApi, {}, { parent });
      stepCommand("x", makeDeployKey, { clusterName: "x", clusterId: pulumi.output("x") }, { parent });
    };
    expect(typeof wrong).toBe("function");
  });

  it("are what a machine of a state from before is removed with, by its file", () => {
    const { status, stderr } = spawnSync(process.execPath, ["src/talos/steps/removeMachine.ts"], {
      encoding: "utf8",
      env: { PATH: "" },
    });
    expect(status).toBe(1);
    expect(stderr).toMatch(/^step remove-machine: node\.name \(NODE_NAME\)/);
  });
});
