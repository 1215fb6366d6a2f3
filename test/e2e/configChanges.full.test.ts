// docs/config-changes.md, made by real previews: every key of the stack config is changed on a living cluster, and what the
// preview lists is compared with the table. HOME_OPS_UPDATE=1 writes it anew instead.
import assert from "node:assert/strict";
import { cpSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join, relative } from "node:path";
import { afterAll, beforeAll, describe, it, jest } from "@jest/globals";
import { parse, stringify } from "yaml";
import {
  configChanges,
  listedIn,
  shownRefusal,
  shownSteps,
  tableFile,
  withTable,
  type ConfigChange,
  type Home,
  type PreviewStep,
  type Values,
} from "../config/configChanges.ts";
import { project, TestLab } from "./testLab.ts";

jest.setTimeout(600_000);

/** Previews at a time: as many as there are cores to carry them. */
const places = 2;

describe("a change of the stack config", () => {
  let lab: TestLab;
  let home: Home;
  const listed: Record<string, string> = {};
  beforeAll(async () => {
    lab = await TestLab.restored("small");
    home = await prepare(lab);
  });
  afterAll(async () => {
    await lab.destroy();
  });

  it("can be previewed for every key", async () => {
    const waiting = [...configChanges];
    const work = async (): Promise<void> => {
      for (let next = waiting.shift(); next !== undefined; next = waiting.shift())
        listed[next.key] = await preview(lab, next, home);
    };
    await Promise.all(Array.from({ length: places }, work));
  });

  it("does what the docs say", () => {
    const file = join(project, tableFile);
    const document = readFileSync(file, "utf8");
    if (process.env["HOME_OPS_UPDATE"] === "1") writeFileSync(file, withTable(document, listed));
    else assert.deepEqual(listed, listedIn(document), `another table: HOME_OPS_UPDATE=1 writes it`);
  });
});

/** Copies of the files that the stack config names, at other places. */
async function prepare(lab: TestLab): Promise<Home> {
  const { layout } = lab;
  const copies = join(layout.state, "config-changes");
  rmSync(copies, { recursive: true, force: true });
  mkdirSync(copies, { recursive: true, mode: 0o700 });
  const values = valuesOf(stackFile(lab));
  cpSync(join(project, String(values["tree"])), join(copies, "tree"), { recursive: true });
  cpSync(join(project, String(values["ageKeyFile"])), join(copies, "age.txt"));
  await lab.ok("talosctl", "gen", "secrets", "--output-file", join(copies, "secrets.yaml"));
  const [controlPlane] = layout.machines;
  assert.ok(controlPlane);
  return { values, copies: relative(project, copies), controlPlane: controlPlane.address };
}

async function preview(lab: TestLab, { key, to }: ConfigChange, home: Home): Promise<string> {
  const value = typeof to === "function" ? (to as (home: Home) => unknown)(home) : to;
  const file = join(project, home.copies, `${key.replaceAll(/\W/g, "-")}.yaml`);
  const { config, ...rest } = parse(readFileSync(stackFile(lab), "utf8")) as { config: Values };
  const [section = "", ...inner] = key.replace("[]", ".1").split(".");
  const path = `home-ops:${section}`;
  const changed = { ...config, [path]: inner.length === 0 ? value : replaced(config[path], inner, value) };
  writeFileSync(file, stringify({ ...rest, config: changed }));
  const { code, stdout, output } = await lab.run("pulumi", [
    "preview",
    "--json",
    "--non-interactive",
    "--config-file",
    file,
  ]);
  const refusal = code === 0 ? undefined : shownRefusal(output.replaceAll("\\n", "\n"), key);
  assert.ok(code === 0 || refusal !== undefined, `${key}:\n${output}`);
  if (refusal !== undefined) return refusal;
  const { steps } = JSON.parse(stdout) as { steps: readonly PreviewStep[] };
  const machines = lab.layout.machines.map(({ name }) => name);
  return shownSteps(steps, machines);
}

/** A copy of a value with another one at a path. */
function replaced(value: unknown, [key = "", ...inner]: readonly string[], to: unknown): unknown {
  const next = (before: unknown): unknown => (inner.length === 0 ? to : replaced(before, inner, to));
  if (Array.isArray(value)) return value.map((one: unknown, at) => (String(at) === key ? next(one) : one));
  const fields = (value ?? {}) as Values;
  return { ...fields, [key]: next(fields[key]) };
}

function stackFile(lab: TestLab): string {
  return join(project, `Pulumi.${lab.name}.yaml`);
}

function valuesOf(file: string): Values {
  const { config } = parse(readFileSync(file, "utf8")) as { config: Values };
  return Object.fromEntries(
    Object.entries(config).map(([key, value]) => [key.replace(/^home-ops:/, ""), value]),
  );
}
