// What a stand-in provider is made of. shared/service.ts speaks the engine's protocol with it.
//
// A resource is described as Terraform providers are, because two of the three real ones are bridged from Terraform:
// `plan` computes, without changing anything, how the resource will look; the diff and both kinds of preview come from
// the plan alone; `create` and `update` then make it true.
import type { CheckProblem, PropertySpecs } from "./spec.ts";
import type { Properties } from "./values.ts";

/** Lines that go to the engine, for one resource. */
export interface OperationLog {
  /** A progress line, shown beside the resource while it is worked on. */
  status(line: string): void;
  /** A line that stays under Diagnostics. */
  info(message: string): void;
  /** A warning that stays under Diagnostics. */
  warn(message: string): void;
}

/** One call of the engine. */
export interface Operation {
  /** URN of the resource; empty for an invoke. */
  readonly urn: string;
  /** Name of the resource, the last part of its URN. */
  readonly name: string;
  /** The engine's `customTimeouts` for this operation; a bridge of the Plugin Framework never looks at them. Undefined: not set. */
  readonly timeoutMs: number | undefined;
  /** Aborted when the engine cancels, gives up the call, or dies. */
  readonly signal: AbortSignal;
  readonly log: OperationLog;
}

/** What a plan starts from. */
export interface PlanRequest {
  /** The resource as the state knows it. Undefined: it is to be created. */
  readonly olds: Properties | undefined;
  /** Checked inputs; in a preview some may be UNKNOWN. */
  readonly inputs: Properties;
}

/** A resource that exists. */
export interface Existing {
  readonly id: string;
  /** Inputs that would make it. */
  readonly inputs: Properties;
  readonly outputs: Properties;
}

/** One kind of resource. */
export interface ResourceDefinition {
  readonly description: string;
  readonly inputs: PropertySpecs;
  readonly requiredInputs: readonly string[];
  /** Outputs that are no inputs. Every input is an output as well. */
  readonly outputs: PropertySpecs;
  /** Outputs that are always there. */
  readonly requiredOutputs: readonly string[];
  /** Outputs that are secret as soon as any input is. Default: none. */
  readonly secretWithAnyInput?: readonly string[];
  /** What a diff shows: everything planned (as bridged Terraform providers do, the default) or the inputs only. */
  readonly diffOver?: "plan" | "inputs";
  /** Adds defaults to the inputs, when the real provider does so in its check. */
  normalize?(inputs: Properties): Properties;
  /**
   * Finds mistakes that types do not show.
   * @throws Error for a mistake that has no path: it is the only one that is told then
   */
  validate?(inputs: Properties): readonly CheckProblem[];
  /** Names of the changed properties that need a replacement. Default: none. */
  replaces?(olds: Properties, planned: Properties, changed: readonly string[]): readonly string[];
  /** How it will look; what only the real operation can tell is UNKNOWN. Must change nothing. */
  plan(request: PlanRequest, operation: Operation): Promise<Properties>;
  create(planned: Properties, operation: Operation): Promise<{ id: string; outputs: Properties }>;
  update(id: string, olds: Properties, planned: Properties, operation: Operation): Promise<Properties>;
  /** Default: only the state forgets it. */
  delete?(id: string, state: Properties, operation: Operation): Promise<void>;
  /**
   * Looks the resource up again. Default: it is as the state says.
   * @param state undefined when it is to be imported by its id
   * @returns undefined when it is gone
   */
  read?(id: string, state: Properties | undefined, operation: Operation): Promise<Existing | undefined>;
}

/** One function ("invoke"). */
export interface FunctionDefinition {
  readonly description: string;
  readonly inputs: PropertySpecs;
  readonly requiredInputs: readonly string[];
  readonly outputs: PropertySpecs;
  /** Finds mistakes that types do not show. @throws Error where the real one fails the call */
  validate?(inputs: Properties): readonly CheckProblem[];
  invoke(inputs: Properties, operation: Operation): Promise<Properties>;
}

/** A provider. */
export interface ProviderDefinition {
  /** Package name, e.g. `talos`. */
  readonly name: string;
  /** Version of the real plugin that it stands in for, e.g. `0.8.1`. */
  readonly version: string;
  readonly description: string;
  readonly config: PropertySpecs;
  readonly resources: Readonly<Record<string, ResourceDefinition>>;
  readonly functions: Readonly<Record<string, FunctionDefinition>>;
  /**
   * Whether it keeps the engine's marks of secrets. Otherwise the engine takes them away before a call and marks the answer
   * itself; what the provider marks is what its schema calls secret. Default false.
   */
  readonly acceptsSecrets?: boolean;
  /**
   * How the real one is made. One that is bridged from the Terraform Plugin Framework says which properties differ and not
   * which values, and drops inputs that it does not know without a word. Source: pulumi-terraform-bridge v3.129.0 pf/tfbridge.
   */
  readonly bridge?: "framework";
  /** Takes the provider's configuration; called once before any resource. Numbers and booleans may come as JSON texts. */
  configure?(config: Properties, operation: Operation): Promise<void>;
  /** Called once before the process ends, on every exit that can be caught. Must not throw and not wait. */
  dispose?(): void;
}
