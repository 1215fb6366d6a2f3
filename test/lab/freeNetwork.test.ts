import { execFile } from "node:child_process";
import { join } from "node:path";
import { expect, test } from "@jest/globals";
import { promisify } from "node:util";
import { freeNetwork } from "./freeNetwork.ts";

test("no two networks are the same, in one process or in two", async () => {
  const own = [await freeNetwork(), await freeNetwork(), await freeNetwork()].map(({ slot }) => slot);
  const program = `const { freeNetwork } = await import(process.argv[1]);
    console.log((await freeNetwork()).slot);`;
  const file = join(import.meta.dirname, "freeNetwork.ts");
  const others = await Promise.all(
    [1, 2, 3].map(() => promisify(execFile)(process.execPath, ["--input-type=module", "-e", program, file])),
  );
  const all = [...own, ...others.map(({ stdout }) => Number(stdout))];
  // The other processes ran at the same time, but may have ended before the next one looked.
  expect(new Set(own).size).toBe(own.length);
  expect(all.slice(own.length).filter((slot) => own.includes(slot))).toStrictEqual([]);
});

test("an address lies in its network", async () => {
  const { slot, address } = await freeNetwork();
  expect(address(11)).toBe(`127.10.${String(slot)}.11`);
});
