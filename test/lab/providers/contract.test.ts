import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import { contracts, type Contract } from "./contract.ts";
import { Plugin } from "./harness.ts";

type Properties = Readonly<Record<string, { readonly secret?: boolean }>>;

interface Schema {
  readonly version: string;
  readonly resources: Readonly<
    Record<string, { inputProperties: Properties; requiredInputs: string[]; properties: Properties }>
  >;
  readonly functions: Readonly<
    Record<
      string,
      { inputs: { properties: Properties; required?: string[] }; outputs: { properties: Properties } }
    >
  >;
}

/** What a stand-in's schema says, in the words of the table. */
function contractOf(schema: Schema, token: string): Contract {
  const resource = schema.resources[token];
  const call = schema.functions[token];
  const inputs = resource?.inputProperties ?? call?.inputs.properties ?? {};
  const required = resource?.requiredInputs ?? call?.inputs.required ?? [];
  const all = resource?.properties ?? call?.outputs.properties ?? {};
  const words = (names: readonly string[]): string => [...names].sort().join(" ");
  const secret = words(Object.keys(all).filter((name) => all[name]?.secret === true));
  return {
    inputs: words(Object.keys(inputs).map((name) => (required.includes(name) ? `${name}*` : name))),
    outputs: words(Object.keys(all).filter((name) => !(name in inputs))),
    ...(secret === "" ? {} : { secret }),
  };
}

const sorted = (words: string): string => words.split(" ").sort().join(" ");

for (const [name, { version, tokens }] of Object.entries(contracts))
  describe(`the ${name} stand-in keeps to the contract of ${name} ${version}`, () => {
    let plugin: Plugin;
    let schema: Schema;
    beforeAll(async () => {
      plugin = await Plugin.start(name);
      schema = (await plugin.schema()) as unknown as Schema;
    });
    afterAll(() => plugin.stop());

    it("has its version, and nothing that the table does not know", async () => {
      expect(await plugin.version()).toBe(version);
      expect(schema.version).toBe(version);
      expect([...Object.keys(schema.resources), ...Object.keys(schema.functions)].sort()).toStrictEqual(
        Object.keys(tokens).sort(),
      );
    });

    for (const [token, contract] of Object.entries(tokens))
      it(token, () => {
        expect(contractOf(schema, token)).toStrictEqual({ ...contract, inputs: sorted(contract.inputs) });
      });

    it("says of everything else that it does not have it", async () => {
      await expect(
        plugin.check(`${name}:index/nothing:Nothing`, {}).then(({ failures }) => {
          if (failures.length > 0) throw new Error(failures.join());
        }),
      ).rejects.toThrow(/Nothing/);
    });
  });
