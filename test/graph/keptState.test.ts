// The kept states of older versions (test/e2e/keptState), as far as they can be looked at without a lab: every resource of then
// is one of today, by the same name or by an alias.
import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, describe, it } from "@jest/globals";
import { deploy, type Registration } from "./deploy.ts";
import { answers, program, testConfig } from "./program.ts";

interface Kept {
  readonly resources: readonly { readonly urn: string; readonly now?: string }[];
}

const folder = join(import.meta.dirname, "../e2e/keptState");

describe("a state that an older version left", () => {
  let found: readonly Registration[];
  beforeAll(async () => {
    const { github } = testConfig();
    const config = testConfig({ github: { ...github, webhookUrl: "https://flux-webhook.home.example" } });
    found = await deploy(() => {
      program(config);
    }, answers);
  });

  for (const file of readdirSync(folder).filter((name) => name.endsWith(".json")))
    it(`has nothing that today's program does not know: ${file}`, () => {
      const { resources } = JSON.parse(readFileSync(join(folder, file), "utf8")) as Kept;
      for (const { urn, now } of resources) {
        const [, , types = "", then = ""] = urn.split("::");
        const resource = found.find(({ type, name }) => name === (now ?? then) && types.endsWith(type));
        assert.ok(resource, urn);
        assert.deepEqual(resource.formerNames, now === undefined ? [] : [then], urn);
      }
    });
});
