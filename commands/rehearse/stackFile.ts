// The stack config as a rehearsal reads it: out of a stack file, which no engine has seen.
import { parse } from "yaml";
import { checkStack } from "../../src/config/parseConfig.ts";
import { describeProblems } from "../../src/config/problem.ts";

/** A machine as the stack config has it; keys that matter elsewhere stay with it. */
export interface StackNode {
  readonly name: string;
  readonly address: string;
  readonly role: "controlplane" | "worker";
  readonly schematicId?: string;
  /** Its hardware is dead. */
  readonly gone?: boolean;
  readonly [key: string]: unknown;
}

/** A piece of machine config. */
export type Patch = Readonly<Record<string, unknown>>;

/** The keys of a valid stack config that a rehearsal reads, without `home-ops:`. All others are taken over as they are. */
export interface StackValues {
  readonly cluster: {
    readonly endpoint: string;
    readonly talosContract: string;
    readonly [key: string]: unknown;
  };
  readonly network: { readonly nodeCidr: string; readonly [key: string]: unknown };
  readonly versions: { readonly talos: string; readonly kubernetes: string; readonly cilium: string };
  readonly schematicId: string;
  readonly nodes: readonly StackNode[];
  readonly patches?: Readonly<Record<string, readonly Patch[] | undefined>>;
  readonly tree?: string;
  readonly [key: string]: unknown;
}

/** A stack file that was read. */
export type ReadStack =
  | { readonly values: StackValues; readonly problems?: undefined }
  | { readonly values?: undefined; readonly problems: string };

const namespace = "home-ops:";

/** Reads the text of a stack file and checks it as the program does. */
export function readStackFile(text: string, stack: string): ReadStack {
  const { config = {} } = (parse(text) ?? {}) as { config?: Readonly<Record<string, unknown>> };
  const raw = Object.fromEntries(
    Object.entries(config)
      .filter(([key]) => key.startsWith(namespace))
      .map(([key, value]) => [key.slice(namespace.length), value]),
  );
  const { problems } = checkStack(raw);
  return problems.length > 0
    ? { problems: describeProblems(stack, problems) }
    : { values: raw as StackValues };
}
