// The kept states of older versions (test/e2e/keptState), as far as they can be looked at without a lab: every resource of then
// is one of today, at the same place or by an alias.
import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, describe, expect, it } from "@jest/globals";
import { inputsOf } from "../../src/steps/transport.ts";
import { removeMachine } from "../../src/talos/contracts.ts";
import { homeOps } from "../../src/program.ts";
import { deploy, placesOf, type Registration } from "./deploy.ts";
import { answers, testConfig } from "./program.ts";

interface Kept {
  readonly resources: readonly {
    readonly urn: string;
    readonly now?: string;
    readonly inputs: { readonly delete?: string; readonly environment?: Readonly<Record<string, string>> };
  }[];
}

const folder = join(import.meta.dirname, "../e2e/keptState");

describe("a state that an older version left", () => {
  let found: readonly Registration[];
  beforeAll(async () => {
    const { github } = testConfig();
    const config = testConfig({ github: { ...github, webhookUrl: "https://flux-webhook.home.example" } });
    found = await deploy(() => {
      homeOps(config);
    }, answers);
  });

  it("removes a machine by what it says: a file that still runs by itself, with what it was told then", () => {
    const kept = readdirSync(folder).filter((name) => name.endsWith(".json"));
    for (const file of kept) {
      const { resources } = JSON.parse(readFileSync(join(folder, file), "utf8")) as Kept;
      const members = resources.filter(({ inputs }) => inputs.delete !== undefined);
      assert.ok(members.length > 0, file);
      for (const { inputs } of members) {
        const program = /^node (\S+\.ts)$/.exec(inputs.delete ?? "")?.[1] ?? "";
        assert.match(
          readFileSync(program, "utf8"),
          /^if \(import\.meta\.main\) await performStep\(contract, /m,
        );
        const input = inputsOf(removeMachine, inputs.environment ?? {});
        assert.match(input.node.name, /^k8s-\d$/);
        assert.equal(input.drainSeconds, 300);
      }
    }
  });

  for (const file of readdirSync(folder).filter((name) => name.endsWith(".json")))
    it(`has nothing that today's program does not know: ${file}`, () => {
      const { resources } = JSON.parse(readFileSync(join(folder, file), "utf8")) as Kept;
      for (const { urn, now } of resources) {
        const [, , types = "", then = ""] = urn.split("::");
        const resource = found.find(({ type, name }) => name === (now ?? then) && types.endsWith(type));
        assert.ok(resource, urn);
        assert.deepEqual(resource.formerNames, now === undefined ? [] : [then], urn);
        expect(placesOf(found, resource)).toContain(`${types}::${then}`);
      }
    });
});
