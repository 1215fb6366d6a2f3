// The special lint rules fire at planted faults and leave correct code alone. Each text is linted in place of a real file,
// because that decides which rules apply.
import assert from "node:assert/strict";
import { join } from "node:path";
import { describe, expect, it } from "@jest/globals";
import { ESLint } from "eslint";

const root = join(import.meta.dirname, "../..");
const eslint = new ESLint({
  cwd: root,
  // Only these rules matter here, and they need no types, which take their time.
  overrideConfig: { languageOptions: { parserOptions: { projectService: false } } },
  ruleFilter: ({ ruleId }) =>
    ["no-restricted-syntax", "no-restricted-imports", "jsdoc/require-jsdoc"].includes(ruleId),
});

async function lint(file: string, code: string): Promise<string[]> {
  const [result] = await eslint.lintText(code, { filePath: join(root, file) });
  return (result?.messages ?? []).map(({ message }) => message);
}

const inComponent = (body: string, superArgs = "{}", end = "this.registerOutputs({});"): string => `
  import * as pulumi from "@pulumi/pulumi";
  import * as k8s from "@pulumi/kubernetes";
  /** Documented. */
  export class Thing extends pulumi.ComponentResource {
    constructor(name: string, args: object, opts: object) {
      super("home-ops:x:Thing", name, ${superArgs}, opts);
      ${body}
      ${end}
    }
  }`;

const file = "src/bootstrap/cluster.ts";

/** What is planted, where, the code, and a word of the message. */
const faults: readonly (readonly [what: string, file: string, code: string, message: RegExp])[] = [
  [
    "a resource in apply",
    file,
    inComponent("args.x.apply(() => new k8s.Provider(name, {}, { parent: this }));"),
    /in apply/,
  ],
  ["an assert in apply", "test/graph/deploy.ts", "x.apply((y) => { assert(y); });", /await the value/],
  ["a child without options", file, inComponent("new k8s.Provider(`${name}-x`, {});"), /needs options/],
  [
    "a child without parent",
    file,
    inComponent("new k8s.Provider(`${name}-x`, {}, { protect: true });"),
    /needs its parent/,
  ],
  ["a component without registerOutputs", file, inComponent("", "{}", ""), /registerOutputs/],
  ["arguments given to super", file, inComponent("", "args"), /super/],
  ["a fixed child name", file, inComponent('new k8s.Provider("x", {}, { parent: this });'), /name starts/],
  [
    "a resource at module scope",
    file,
    'import * as k8s from "@pulumi/kubernetes";\nconst x = new k8s.Provider("x");',
    /module scope/,
  ],
  ["an exported one", file, '/** X. */\nexport const x = new k8s.Provider("x");', /module scope/],
  ["the environment", file, "const home = process.env.HOME;", /environment/],
  [
    "the environment in a step",
    "src/talos/steps/inspectMachine.ts",
    "const home = process.env.HOME;",
    /environment/,
  ],
  ["the stack config", file, "function f() { return new pulumi.Config(); }", /stack config/],
  [
    "an SDK that knows the program",
    "sdks/talos/machine.ts",
    'import { x } from "../../src/x.ts";',
    /knows nothing/,
  ],
  ["an SDK by its path", file, 'import * as talos from "../../sdks/talos/index.ts";', /knows nothing/],
  ["a part of a Pulumi package", file, 'import { Provider } from "@pulumi/kubernetes";', /as a whole/],
  [
    "a file of a Pulumi package",
    file,
    'import * as x from "@pulumi/pulumi/runtime/mocks.js";',
    /package itself/,
  ],
  ["the lab in the program", file, 'import { x } from "../../lab/layout.ts";', /knows nothing/],
  ["a test in index.ts", "index.ts", 'import { x } from "./test/x.ts";', /knows nothing/],
  [
    "the program in the lab",
    "lab/layout.ts",
    'import { x } from "../src/config/load.ts";',
    /stands for the world/,
  ],
  ["talos in config", "src/config/load.ts", 'import { x } from "../talos/machines.ts";', /never back/],
  [
    "flux in config",
    "src/config/checks/machines.ts",
    'import { x } from "../../flux/manifests.ts";',
    /never back/,
  ],
  [
    "bootstrap in talos",
    "src/talos/machines.ts",
    'import { x } from "../bootstrap/cluster.ts";',
    /never back/,
  ],
  [
    "a phase in the steps' base",
    "src/steps/step.ts",
    'import { x } from "../talos/machines.ts";',
    /never back/,
  ],
  [
    "flux in bootstrap",
    "src/bootstrap/steps/fluxInstall.ts",
    'import { x } from "../../flux/manifests.ts";',
    /never back/,
  ],
  ["config in versions", "src/versions/skew.ts", 'import { x } from "../config/problem.ts";', /never back/],
  ["the program in a phase", "src/flux/handOff.ts", 'import { x } from "../program.ts";', /never back/],
  [
    "the tree in the steps' base",
    "src/steps/run.ts",
    'import { x } from "../../tree/index.ts";',
    /never back/,
  ],
  [
    "the inside of the tree in config",
    "src/config/load.ts",
    'import { x } from "../../tree/readTree.ts";',
    /tree\/index\.ts only/,
  ],
  [
    "the inside of the tree in a command",
    "commands/checkCluster/rules/yaml.ts",
    'import type { X } from "../../../tree/model/treeModel.ts";',
    /tree\/index\.ts only/,
  ],
  [
    "the program in the tree",
    "tree/model/values.ts",
    'import { x } from "../../src/steps/run.ts";',
    /nothing but/,
  ],
  [
    "the lab in a command",
    "commands/doctor/tools.ts",
    'import { x } from "../../lab/layout.ts";',
    /only rehearse/,
  ],
  [
    "a test in a command",
    "commands/rehearse/look.ts",
    'import { x } from "../../test/x.ts";',
    /through Pulumi/,
  ],
  [
    "the program in a tool",
    "tools/fluxManifests/sets.ts",
    'import { x } from "../../src/x.ts";',
    /know nothing/,
  ],
  ["an export without comment", file, "export function x(): void {}", /Missing JSDoc/],
];

/** What must pass. */
const correct: readonly (readonly [what: string, file: string, code: string])[] = [
  ["a component", file, inComponent("new k8s.Provider(`${name}-x`, {}, { parent: this });")],
  [
    "options from elsewhere",
    file,
    inComponent("new k8s.Provider(`${name}-x`, {}, { ...opts, protect: true });"),
  ],
  ["an error in apply", file, inComponent('args.x.apply(() => { throw new pulumi.RunError("x"); });')],
  ["the environment of the steps' frame", "src/steps/step.ts", "const home = process.env.HOME;"],
  ["the tree in config", "src/config/load.ts", 'import { readTree } from "../../tree/index.ts";'],
  ["the commands' own tree", "commands/diff/sides.ts", 'import { x } from "../tree/buildTree.ts";'],
  ["the lab's own tree", "lab/charts/tree.ts", 'import { x } from "../tree/age.ts";'],
  ["the lab in rehearse", "commands/rehearse/look.ts", 'import { x } from "../../lab/layout.ts";'],
  [
    "the inside of the tree in its tests",
    "test/tree/tree.test.ts",
    'import { x } from "../../tree/readTree.ts";',
  ],
  [
    "the steps' base in preflight",
    "src/preflight/preflight.ts",
    'import { x } from "../steps/stepCommand.ts";',
  ],
  ["config in talos", "src/talos/machines.ts", 'import type { Config } from "./schema.ts";'],
];

describe("lint", () => {
  it.each(faults)("refuses %s", async (_what, path, code, message) => {
    const found = await lint(path, code);
    assert.ok(
      found.some((text) => message.test(text)),
      `reported: ${found.join("; ")}`,
    );
  });

  it.each(correct)("accepts %s", async (_what, path, code) => {
    expect(await lint(path, code)).toStrictEqual([]);
  });
});
