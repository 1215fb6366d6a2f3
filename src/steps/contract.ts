// The contract of a step: what it is told, what it is told in secret, what it answers. The resource (stepCommand.ts) or the
// program (runStep.ts) that has the step run, and the body that does the work, are both checked against it. Contracts import
// no body, so that the program loads no Kubernetes client because of them.
import { z } from "zod";

/**
 * Inputs by name. Values are texts, numbers, booleans, choices (z.enum), lists of them or of objects, and objects. Any may be
 * optional, except an object that is no element of a list.
 */
export type Fields = Readonly<Record<string, z.ZodType>>;

/** What both ends of a step agree on; written as `{…} satisfies Contract`, which keeps the types of the fields. */
export interface Contract {
  /** What the step is called on the command line and in messages, e.g. `bootstrap-etcd`. */
  readonly name: string;
  /** Readable in a preview, e.g. `TALOS_VERSION: "v1.12.0" => "v1.13.9"`; a change runs the step again. */
  readonly inputs: Fields;
  /** Texts that are shown nowhere and encrypted in the state. */
  readonly secrets?: Fields;
  /** Secret texts from the environment of whoever runs `pulumi up`, which are in no state, e.g. `githubToken`. */
  readonly inherited?: Fields;
  /** What a later phase or run reads of what the step prints. Default: nothing, it prints one line for people. */
  readonly result?: z.ZodType;
  /** Whether that is itself a secret (a key that the step makes): then nothing of it is logged. Default false. */
  readonly secretOutput?: boolean;
  /**
   * Seconds after which it gives up, or what they are for these inputs. Longer than the sum of the waits inside, so that those
   * can say what is missing.
   */
  readonly timeoutSeconds: number | Limit["of"];
}

/** A method, so that a contract may name the inputs that its limit depends on. */
interface Limit {
  of(inputs: Readonly<Record<string, unknown>>): number;
}

type Values<F> = F extends Fields ? (keyof F extends never ? unknown : z.output<z.ZodObject<F>>) : unknown;

/** What whoever has the step run hands over. */
export type GivenOf<C extends Contract> = Values<C["inputs"]> & Values<C["secrets"]>;

/** What the body of a step gets. */
export type InputOf<C extends Contract> = GivenOf<C> & Values<C["inherited"]>;

/** What the body of a step returns: the contract's result, or one line for people. */
export type ResultOf<C extends Contract> = C["result"] extends z.ZodType ? z.output<C["result"]> : string;

/** A text that is not empty. */
export const text = z.string().min(1);

/** A Git repository that is reached by SSH: `ssh://git@github.com/home/home-cluster.git`, lines of a known_hosts file. */
export const gitHost = z.object({ url: text, knownHosts: z.array(text) });
