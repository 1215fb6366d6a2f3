// Lint rules. The general ones come from typescript-eslint; the special ones keep hazards of Pulumi programs and wrong
// directions between folders out, so that no review has to look for them.
import { posix } from "node:path";
import js from "@eslint/js";
import jsdoc from "eslint-plugin-jsdoc";
import { defineConfig, globalIgnores } from "eslint/config";
import tseslint from "typescript-eslint";

const isError = "[callee.property.name!=/Error$/]";
const component = "ClassDeclaration[superClass.property.name='ComponentResource']";

/** Hazards wherever resources are registered. */
const pulumiHazards = [
  {
    selector: `CallExpression[callee.property.name='apply'] NewExpression[callee.type='MemberExpression']${isError}`,
    message: "A resource in apply is missing from previews: register it outside.",
  },
  {
    selector: `ClassBody NewExpression[callee.type='MemberExpression'][arguments.length<3]${isError}`,
    message: "A child needs options, with its parent.",
  },
  {
    selector: `ClassBody NewExpression[callee.type='MemberExpression'][arguments.2.type='ObjectExpression']${isError}:not(:has(Property[key.name='parent'])):not(:has(SpreadElement))`,
    message: "A child needs its parent among its options.",
  },
  {
    selector: `${component}:not(:has(CallExpression[callee.property.name='registerOutputs']))`,
    message: "A component must end with registerOutputs.",
  },
  {
    selector: `${component} CallExpression[callee.type='Super'][arguments.2.type!='ObjectExpression']`,
    message: "Arguments given to super end up in the state: write {}.",
  },
  {
    selector: `${component} NewExpression[callee.type='MemberExpression'][arguments.0.type='Literal']${isError}`,
    message: "A child's name starts with its component's: `${name}-…`.",
  },
  {
    selector: "ImportDeclaration[source.value=/^@pulumi(verse)?\\u002F/] > ImportSpecifier",
    message: "Import a Pulumi package as a whole (import * as …), or these rules do not see its resources.",
  },
];

/** A module that registers a resource when it is imported cannot be tested. */
const moduleScope = ["Program", "Program > ExportNamedDeclaration"]
  .map(
    (scope) =>
      `${scope} > VariableDeclaration > VariableDeclarator > NewExpression[callee.type='MemberExpression']`,
  )
  .concat("Program > ExpressionStatement > NewExpression")
  .map((selector) => ({
    selector: selector + isError,
    message: "No resource at module scope: importing must have no effect.",
  }));

const inputs = [
  {
    selector: "MemberExpression[object.name='process'][property.name='env']",
    message: "Only src/config/environment.ts reads the program's environment.",
  },
  {
    selector: "NewExpression[callee.property.name='Config'], MemberExpression[property.name='allConfig']",
    message: "Only src/config/load.ts reads the stack config.",
  },
];

const assertInApply = {
  selector: "CallExpression[callee.property.name='apply'] CallExpression[callee.name=/^(expect|assert)$/]",
  message: "A failure in apply ends the process without the test's name: await the value first.",
};

const noDeepImport = { regex: "^@pulumi(verse)?/[^/]+/", message: "Import the package itself." };

/** Each may import those before it. Folders and files are written from the project's root. */
const rooms = [
  "src/versions",
  "src/steps",
  "tree",
  "src/config",
  "src/preflight",
  "src/talos",
  "src/bootstrap",
  "src/flux",
];
const order = [...rooms, "src/program.ts", "src/step.ts", "index.ts"];
const backwards =
  "Imports go versions → steps → tree → config → preflight → talos → bootstrap → flux → program, never back.";
const surroundings = ["sdks", "commands", "lab", "tools", "test"];
const outside = "The program knows nothing of what stands around it.";
const onlyRehearse = "Of the commands only rehearse knows the lab.";

/** What the files of a folder must not import, with the reason. */
const refused = {
  src: [[surroundings, outside]],
  ...Object.fromEntries(
    rooms.map((room, at) => [
      room,
      [
        [order.slice(at + 1), backwards],
        [surroundings, outside],
      ],
    ]),
  ),
  tree: [[["src", "index.ts", ...surroundings], "The tree is input: its room needs nothing but packages."]],
  commands: [
    [["index.ts", "test"], "A command runs the program through Pulumi."],
    [["lab"], onlyRehearse],
  ],
  "commands/rehearse": [[["index.ts", "test"], "A command runs the program through Pulumi."]],
  lab: [
    [
      ["index.ts", "src", "tree", "commands", "test"],
      "The lab stands for the world outside: it knows nothing of the program.",
    ],
  ],
  tools: [
    [
      ["index.ts", "src", "tree", "commands", "lab", "test"],
      "Tools are built before anything else: they know nothing of it.",
    ],
  ],
  sdks: [
    [
      ["index.ts", "src", "tree", "commands", "lab", "tools", "test"],
      "An SDK knows nothing of this program.",
    ],
  ],
  test: [],
};

/** The rule about imports for the files of a folder, at every depth: a relative path depends on where it is written. */
function directions(folder, refusals) {
  return ["", "/*", "/*/*", "/*/*/*"].map((depth) => {
    const to = (targets) =>
      targets.map((target) => posix.relative(folder + depth, target).replaceAll(".", "\\.")).join("|");
    const patterns = refusals.map(([targets, message]) => ({ regex: `^(${to(targets)})(/|$)`, message }));
    const door = { regex: `^${to(["tree"])}/(?!index\\.ts$)`, message: "Others open tree/index.ts only." };
    if (folder !== "tree") patterns.push(door);
    if (folder.startsWith("src")) patterns.push(noDeepImport);
    return {
      files: [`${folder}${depth}/*.ts`],
      ignores: ["test/tree/**"],
      rules: { "no-restricted-imports": ["error", { patterns }] },
    };
  });
}

export default defineConfig(
  globalIgnores(["node_modules/", ".lab/", "cluster/"]),
  js.configs.recommended,
  {
    files: ["**/*.ts"],
    extends: [tseslint.configs.strictTypeChecked, tseslint.configs.stylisticTypeChecked],
    languageOptions: { parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname } },
    linterOptions: { reportUnusedDisableDirectives: "error" },
    rules: {
      "@typescript-eslint/switch-exhaustiveness-check": [
        "error",
        { considerDefaultExhaustiveForUnions: true },
      ],
      // An empty text counts as absent, as it does in an environment.
      "@typescript-eslint/prefer-nullish-coalescing": ["error", { ignorePrimitives: { string: true } }],
      // It does not see that a value changes while somebody waits.
      "@typescript-eslint/no-unnecessary-condition": "off",
      "@typescript-eslint/consistent-type-imports": [
        "error",
        { fixStyle: "separate-type-imports", prefer: "type-imports" },
      ],
      "@typescript-eslint/restrict-template-expressions": ["error", { allowNumber: true }],
      "@typescript-eslint/no-confusing-void-expression": ["error", { ignoreArrowShorthand: true }],
      "@typescript-eslint/no-unused-vars": [
        "error",
        { varsIgnorePattern: "^_", argsIgnorePattern: "^_", caughtErrorsIgnorePattern: "^_" },
      ],
      // An interface may want a promise from somebody who has nothing to wait for.
      "@typescript-eslint/require-await": "off",
      // Values of unknown JSON are turned into texts all over; an object in the wrong place shows as such.
      "@typescript-eslint/no-base-to-string": "off",
      // It wants `!`, which another rule forbids.
      "@typescript-eslint/non-nullable-type-assertion-style": "off",
      // `json<T>()`: the caller says what a text holds.
      "@typescript-eslint/no-unnecessary-type-parameters": "off",
      // Generated API types are classes, but only their fields are ever used; flags are enums that are or-ed together.
      "@typescript-eslint/no-unsafe-class-instance-assignment": "off",
      "@typescript-eslint/no-unsafe-enum-assignment": "off",
      "@typescript-eslint/no-misused-spread": ["error", { allow: ["V1ObjectMeta"] }],
      // tsconfig's noPropertyAccessFromIndexSignature is off, but process.env["X"] says that X may be missing.
      "@typescript-eslint/dot-notation": "off",
      // Resources are registered by constructing them.
      "no-new": "off",
      eqeqeq: "error",
      "no-restricted-syntax": ["error", assertInApply],
    },
  },
  {
    // Tests look into what comes over a wire, and call generated clients by their methods.
    files: ["test/**/*.ts"],
    rules: {
      "@typescript-eslint/unbound-method": "off",
      "@typescript-eslint/no-unsafe-assignment": "off",
      "@typescript-eslint/no-unsafe-member-access": "off",
      "@typescript-eslint/no-unnecessary-type-arguments": "off",
    },
  },
  {
    files: [
      "src/**/*.ts",
      "tree/**/*.ts",
      "sdks/**/*.ts",
      "lab/**/*.ts",
      "tools/**/*.ts",
      "commands/**/*.ts",
    ],
    plugins: { jsdoc },
    rules: {
      "jsdoc/require-jsdoc": [
        "error",
        {
          publicOnly: { ancestorsOnly: true, esm: true },
          require: { ClassDeclaration: true, FunctionDeclaration: true, MethodDefinition: false },
          contexts: [
            "ExportNamedDeclaration > TSInterfaceDeclaration",
            "ExportNamedDeclaration > TSTypeAliasDeclaration",
            "ExportNamedDeclaration > VariableDeclaration",
          ],
          enableFixer: false,
        },
      ],
    },
  },
  {
    // The published package can take the place of the folder any day, with its types in namespaces.
    files: ["sdks/**/*.ts"],
    rules: {
      "@typescript-eslint/no-namespace": "off",
    },
  },
  {
    files: ["index.ts", "src/**/*.ts"],
    rules: {
      "no-restricted-syntax": ["error", assertInApply, ...pulumiHazards, ...inputs],
    },
  },
  {
    files: ["src/**/*.ts"],
    rules: { "no-restricted-syntax": ["error", assertInApply, ...pulumiHazards, ...moduleScope, ...inputs] },
  },
  ...Object.entries(refused).flatMap(([folder, refusals]) => directions(folder, refusals)),
  {
    files: ["index.ts"],
    rules: {
      "no-restricted-imports": [
        "error",
        { patterns: [noDeepImport, { regex: `^\\./(${surroundings.join("|")})/`, message: outside }] },
      ],
    },
  },
  {
    // The frame of the steps, without Pulumi: it reads the inputs of a step, and hands the environment on to tools.
    files: ["src/steps/step.ts", "src/steps/run.ts"],
    rules: { "no-restricted-syntax": ["error", assertInApply] },
  },
  {
    files: ["src/config/environment.ts", "src/config/load.ts"],
    rules: { "no-restricted-syntax": ["error", ...pulumiHazards, ...moduleScope] },
  },
  { files: ["**/*.mjs"], extends: [tseslint.configs.disableTypeChecked] },
);
