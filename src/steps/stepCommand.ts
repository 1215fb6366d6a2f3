// The Pulumi side of a step program: one Command resource that runs it during `up`.
import * as command from "@pulumi/command";
import * as pulumi from "@pulumi/pulumi";

/** What to run and with what. */
export interface StepCommandArgs {
  /** The program, relative to the project's root, e.g. `src/bootstrap/steps/etcd.ts`. */
  readonly program: string;
  /**
   * The program that runs when the resource is removed while the cluster stays, with the inputs of the last run. Give the
   * resource `deletedWith` the cluster. Default: removing does nothing.
   */
  readonly removal?: string;
  /**
   * Plain inputs, handed over as environment variables. A change runs the step again and is readable in the preview,
   * e.g. `TALOS_VERSION: "v1.12.0" => "v1.13.9"`.
   */
  readonly inputs: Readonly<Record<string, pulumi.Input<string>>>;
  /** Secret inputs, handed over the same way; `[secret]` in previews, encrypted in the state. */
  readonly secrets?: Readonly<Record<string, pulumi.Output<string>>>;
  /** Whether standard output is itself a secret (a key that the step makes): then nothing of it is logged. Default false. */
  readonly secretOutput?: boolean;
}

/**
 * Registers a step. The command line is the same on every machine (`node src/…`), so that another clone's preview is
 * empty; Pulumi runs it in the project's root.
 */
export function stepCommand(
  name: string,
  args: StepCommandArgs,
  opts: pulumi.CustomResourceOptions & { parent: pulumi.Resource },
): command.local.Command {
  const secrets = Object.entries(args.secrets ?? {}).map(
    ([key, value]) => [key, pulumi.secret(value)] as const,
  );
  const secretOutput = args.secretOutput ?? false;
  return new command.local.Command(
    name,
    {
      create: `node ${args.program}`,
      ...(args.removal === undefined ? {} : { delete: `node ${args.removal}` }),
      environment: { ...args.inputs, ...Object.fromEntries(secrets) },
      // Steps look at the world, not at what the last run printed; handing that on would only leak it.
      addPreviousOutputInEnv: false,
      logging: secretOutput ? command.local.Logging.None : command.local.Logging.StdoutAndStderr,
    },
    secretOutput ? { ...opts, additionalSecretOutputs: ["stdout", "stderr"] } : opts,
  );
}
