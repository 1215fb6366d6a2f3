// The Pulumi side of a step: one Command resource that runs it during `up`.
import * as command from "@pulumi/command";
import * as pulumi from "@pulumi/pulumi";
import type { z } from "zod";
import type { Contract, Fields, GivenOf } from "./contract.ts";
import { carried, textOf } from "./transport.ts";

/** Values of which any may be known only when something else is there. */
export type Given<T> = T extends readonly (infer Element)[]
  ? readonly Element[] | pulumi.Output<readonly Element[]>
  : T extends object
    ? { readonly [Key in keyof T]: Given<T[Key]> }
    : T | pulumi.Output<T>;

/** What a resource runs besides its step. */
export interface StepOptions extends pulumi.CustomResourceOptions {
  readonly parent: pulumi.Resource;
  /**
   * The step that runs when the resource is removed while the cluster stays, with the inputs of the last run. Give the
   * resource `deletedWith` the cluster. Default: removing does nothing.
   */
  readonly removal?: Contract;
}

/**
 * Registers a step. The command line is the same on every machine (`node src/step.ts <name>`), so that another clone's preview
 * is empty; Pulumi runs it in the project's root.
 */
export function stepCommand<C extends Contract>(
  name: string,
  contract: C,
  given: Given<GivenOf<C>>,
  { removal, ...opts }: StepOptions,
): command.local.Command {
  const { inputs, secrets = {}, secretOutput = false } = contract;
  const variables = (fields: Fields): [string, pulumi.Input<string>][] =>
    carried(fields, given as Readonly<Record<string, unknown>>).map(({ name, field, value }) => [
      name,
      pulumi.Output.isInstance(value) ? value.apply((known) => textOf(field, known)) : textOf(field, value),
    ]);
  const hidden = variables(secrets).map(([key, value]) => [key, pulumi.secret(value)] as const);
  return new command.local.Command(
    name,
    {
      create: lineOf(contract),
      ...(removal === undefined ? {} : { delete: lineOf(removal) }),
      environment: Object.fromEntries([...variables(inputs), ...hidden]),
      // Steps look at the world, not at what the last run printed; handing that on would only leak it.
      addPreviousOutputInEnv: false,
      logging: secretOutput ? command.local.Logging.None : command.local.Logging.StdoutAndStderr,
    },
    secretOutput ? { ...opts, additionalSecretOutputs: ["stdout", "stderr"] } : opts,
  );
}

/** What a step has answered, as its contract says. */
export function resultOf<T>(
  { result }: Contract & { readonly result: z.ZodType<T> },
  { stdout }: command.local.Command,
): pulumi.Output<T> {
  return stdout.apply<T>((text) => result.parse(JSON.parse(text)));
}

function lineOf({ name }: Contract): string {
  return `node src/step.ts ${name}`;
}
