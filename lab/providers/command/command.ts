// The resource `command:local:Command` and the function `command:local:run` of pulumi-command v1.2.1.
import { randomBytes } from "node:crypto";
import { differences } from "../shared/diff.ts";
import type { FunctionDefinition, Operation, ResourceDefinition } from "../shared/provider.ts";
import type { CheckProblem, PropertySpecs } from "../shared/spec.ts";
import type { Properties, Value } from "../shared/values.ts";
import { isList, isObject, stringOf, UNKNOWN } from "../shared/values.ts";
import { run } from "./run.ts";
import type { Logging, RunResult } from "./run.ts";

const common: PropertySpecs = {
  interpreter: {
    type: "array",
    items: { type: "string", description: "" },
    description: 'Program and arguments that run the command. Default: ["/bin/sh", "-c"]',
  },
  dir: { type: "string", description: "Working directory; it must exist" },
  environment: {
    type: "map",
    items: { type: "string", description: "" },
    description: "Environment variables in addition to the plugin's own",
  },
  stdin: { type: "string", description: "Standard input" },
  logging: {
    type: "string",
    values: ["stdout", "stderr", "stdoutAndStderr", "none"],
    description: "Which outputs are shown as progress. Default: stdoutAndStderr",
  },
  assetPaths: {
    type: "array",
    items: { type: "string", description: "" },
    description: "Not supported by the stand-in",
  },
  archivePaths: {
    type: "array",
    items: { type: "string", description: "" },
    description: "Not supported by the stand-in",
  },
  addPreviousOutputInEnv: {
    type: "boolean",
    description:
      "Whether PULUMI_COMMAND_STDOUT and _STDERR hold the outputs of the run before. Default: true",
  },
};

const outputs: PropertySpecs = {
  stdout: { type: "string", description: "Standard output without its last line break" },
  stderr: { type: "string", description: "Standard error without its last line break" },
};

function validate(inputs: Properties): readonly CheckProblem[] {
  return ["assetPaths", "archivePaths"]
    .filter((name) => (inputs[name] ?? null) !== null)
    .map((name) => ({
      property: name,
      reason: `${name} is not supported by the lab's stand-in for the command plugin; put the official plugin in its place`,
    }));
}

const normalize = (inputs: Properties): Properties => ({ addPreviousOutputInEnv: true, ...inputs });

async function execute(
  command: string,
  inputs: Properties,
  previous: Properties | undefined,
  operation: Operation,
): Promise<RunResult> {
  const environment: Record<string, string> = {};
  if (isObject(inputs["environment"]))
    for (const [key, value] of Object.entries(inputs["environment"])) environment[key] = String(value);
  if (inputs["addPreviousOutputInEnv"] !== false) {
    const stdout = stringOf(previous?.["stdout"]);
    const stderr = stringOf(previous?.["stderr"]);
    if (stdout) environment["PULUMI_COMMAND_STDOUT"] = stdout;
    if (stderr) environment["PULUMI_COMMAND_STDERR"] = stderr;
  }
  const interpreter = inputs["interpreter"];
  return run(
    {
      command,
      interpreter: isList(interpreter) ? interpreter.map(String) : undefined,
      dir: stringOf(inputs["dir"]),
      environment,
      stdin: stringOf(inputs["stdin"]),
      logging: (stringOf(inputs["logging"]) ?? "stdoutAndStderr") as Logging,
    },
    operation,
  );
}

/** `command:local:Command`. */
export const command: ResourceDefinition = {
  description: "A local command that is run on create, update and delete.",
  inputs: {
    ...common,
    create: { type: "string", description: "Run on create" },
    update: { type: "string", description: "Run on update; if it is not set, create runs again" },
    delete: { type: "string", description: "Run on delete" },
    triggers: {
      type: "array",
      items: { type: "any", description: "" },
      description: "A change replaces the resource",
    },
  },
  requiredInputs: [],
  outputs,
  requiredOutputs: ["stdout", "stderr"],
  diffOver: "inputs",
  secretWithAnyInput: ["stdout", "stderr"],
  normalize,
  validate,
  replaces: (_olds, _planned, changed) => changed.filter((name) => name === "triggers"),
  async plan({ olds, inputs }) {
    const before = Object.fromEntries(Object.entries(olds ?? {}).filter(([name]) => !(name in outputs)));
    const same = olds !== undefined && differences(before, inputs).length === 0;
    return same
      ? { ...inputs, stdout: olds["stdout"] ?? "", stderr: olds["stderr"] ?? "" }
      : { ...inputs, stdout: UNKNOWN, stderr: UNKNOWN };
  },
  async create(planned, operation) {
    const line = stringOf(planned["create"]);
    const result =
      line === undefined ? { stdout: "", stderr: "" } : await execute(line, planned, undefined, operation);
    return { id: operation.name + randomBytes(4).toString("hex"), outputs: { ...planned, ...result } };
  },
  async update(_id, olds, planned, operation) {
    const line = stringOf(planned["update"]) ?? stringOf(planned["create"]);
    const before = { stdout: olds["stdout"] ?? "", stderr: olds["stderr"] ?? "" };
    const result = line === undefined ? before : await execute(line, planned, olds, operation);
    return { ...planned, ...result };
  },
  async delete(_id, state, operation) {
    const line = stringOf(state["delete"]);
    if (line !== undefined) await execute(line, state, state, operation);
  },
};

/** `command:local:run`: runs in every preview too. */
export const runFunction: FunctionDefinition = {
  description: "Runs a local command, in previews too.",
  inputs: { ...common, command: { type: "string", description: "The command" } },
  requiredInputs: ["command"],
  outputs,
  validate,
  async invoke(inputs, operation) {
    const result = await execute(stringOf(inputs["command"]) ?? "", normalize(inputs), undefined, operation);
    return { ...(inputs as Record<string, Value>), ...result };
  },
};
