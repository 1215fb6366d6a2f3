// Runs a Pulumi program under mocks and returns what it registered, options included: order is the product here, and the
// SDK's own mocks do not show it. Leans on runtime internals (the mock monitor's registerResource); deploy.test.ts fails
// loudly when an update of the SDK changes them.
import * as pulumi from "@pulumi/pulumi";

/** One registration as the engine would see it. */
export interface Registration {
  readonly urn: string;
  readonly type: string;
  readonly name: string;
  readonly custom: boolean;
  /** Name of the parent; empty for the stack. */
  readonly parent: string;
  /** Names of everything it waits for, explicit and through its inputs; sorted. */
  readonly dependencies: readonly string[];
  /** Plain inputs; secret ones as `{secret: value}`, unknown ones as `unknown`. */
  readonly inputs: Readonly<Record<string, unknown>>;
  readonly provider: string;
  /** The plugin that the engine is asked for, where the program says it: version and download URL. */
  readonly plugin: readonly [version: string, url: string];
  readonly deletedWith: string;
  readonly protect: boolean;
  readonly retainOnDelete: boolean;
  readonly ignoreChanges: readonly string[];
  readonly replaceOnChanges: readonly string[];
  readonly additionalSecretOutputs: readonly string[];
  /** What it is imported from; empty where it is not. */
  readonly importId: string;
  /** Names under which a state may have it: those of the aliases. */
  readonly formerNames: readonly string[];
  /** Names of the parents under which a state may have it. */
  readonly formerParents: readonly string[];
}

type Answer = Readonly<Record<string, unknown>>;

/** How the mocks answer. */
export interface DeployOptions {
  /** Outputs of a resource by type, merged over its inputs; an output that is left out of a preview is unknown. */
  readonly outputs: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
  /** Results of invokes by token, or what makes them of the arguments; an unknown token fails the test. */
  readonly invokes: Readonly<Record<string, Answer | ((args: Answer) => Answer)>>;
  /** A preview: resources that do not exist yet have only their inputs. Default false. */
  readonly preview?: boolean;
}

const secretSignature = "4dabf18193072939515e22adb298388d";
const unknownValue = "04da6b54-80e4-46f7-96ec-b56ff0331ba9";

interface Request {
  getType(): string;
  getName(): string;
  getParent(): string;
  getCustom(): boolean;
  getDependenciesList(): string[];
  getObject(): { toJavaScript(): Record<string, unknown> };
  getProvider(): string;
  getVersion(): string;
  getPlugindownloadurl(): string;
  getDeletedwith(): string;
  getProtect(): boolean;
  getRetainondelete(): boolean;
  getIgnorechangesList(): string[];
  getReplaceonchangesList(): string[];
  getAdditionalsecretoutputsList(): string[];
  getImportid(): string;
  getAliasesList(): { getSpec(): { getName(): string; getParenturn(): string } | undefined }[];
}

/** Runs `program` and returns its registrations in the order in which they arrived. */
export async function deploy(
  program: () => unknown,
  options: DeployOptions,
): Promise<readonly Registration[]> {
  await pulumi.runtime.setMocks(
    {
      newResource: (args) => {
        const state = {
          ...args.inputs,
          ...(options.preview === true ? {} : (options.outputs[args.type] ?? {})),
        };
        return { id: options.preview === true ? "" : `${args.name}-id`, state };
      },
      call: (args) => {
        const result = options.invokes[args.token];
        if (result === undefined) throw new Error(`unexpected invoke of ${args.token}`);
        return typeof result === "function" ? result(args.inputs as Answer) : result;
      },
    },
    "home-ops",
    "test",
    options.preview ?? false,
  );
  const monitor = pulumi.runtime.getMonitor() as unknown as {
    registerResource(request: Request, callback: unknown): unknown;
  };
  const requests: Request[] = [];
  const register = monitor.registerResource.bind(monitor);
  monitor.registerResource = (request, callback) => {
    requests.push(request);
    return register(request, callback);
  };
  await program();
  await pulumi.runtime.disconnect();
  return requests.map(registration);
}

function registration(request: Request): Registration {
  const aliases = request.getAliasesList().map((alias) => alias.getSpec());
  const given = (texts: readonly (string | undefined)[]): readonly string[] =>
    texts.filter((text) => text !== undefined && text !== "") as string[];
  return {
    urn: `${request.getType()}::${request.getName()}`,
    type: request.getType(),
    name: request.getName(),
    custom: request.getCustom(),
    parent: nameOf(request.getParent()),
    dependencies: [...new Set(request.getDependenciesList().map(nameOf))].sort(),
    inputs: readable(request.getObject().toJavaScript()) as Record<string, unknown>,
    provider: nameOf(request.getProvider().replace(/::[^:]*$/, "")),
    plugin: [request.getVersion(), request.getPlugindownloadurl()],
    deletedWith: nameOf(request.getDeletedwith()),
    protect: request.getProtect(),
    retainOnDelete: request.getRetainondelete(),
    ignoreChanges: request.getIgnorechangesList(),
    replaceOnChanges: request.getReplaceonchangesList(),
    additionalSecretOutputs: request.getAdditionalsecretoutputsList(),
    importId: request.getImportid(),
    formerNames: given(aliases.map((alias) => alias?.getName())),
    formerParents: given(aliases.map((alias) => alias?.getParenturn())).map(nameOf),
  };
}

function nameOf(urn: string): string {
  return urn.split("::").at(-1) ?? "";
}

function readable(value: unknown): unknown {
  if (value === unknownValue) return "unknown";
  if (Array.isArray(value)) return value.map(readable);
  if (typeof value !== "object" || value === null) return value;
  const entries = Object.entries(value);
  if (secretSignature in value) return { secret: readable((value as { value?: unknown }).value) };
  return Object.fromEntries(entries.map(([key, inner]) => [key, readable(inner)]));
}

/**
 * Where a state may have a resource, today's place first: the last two parts of its URN, `<types of its parents>$<type>::<name>`,
 * as it is and with the name or the parent of an alias.
 */
export function placesOf(
  registrations: readonly Registration[],
  { type, name, parent, formerNames, formerParents }: Registration,
): readonly string[] {
  const typesOf = (of: string): string => {
    const found = registrations.find((one) => !one.custom && one.name === of);
    return found === undefined ? "" : `${typesOf(found.parent)}${found.type}$`;
  };
  return [
    `${typesOf(parent)}${type}::${name}`,
    ...formerNames.map((former) => `${typesOf(parent)}${type}::${former}`),
    ...formerParents.map((former) => `${typesOf(former)}${type}::${name}`),
  ];
}

/**
 * Everything that `name` waits for, directly or through others, a component standing for its children. What its parent
 * waits for counts: a child needs the parent's URN, and the engine makes that only after the parent's dependencies.
 */
export function waitsFor(registrations: readonly Registration[], name: string): ReadonlySet<string> {
  const byName = new Map(registrations.map((found) => [found.name, found]));
  const seen = new Set<string>();
  const visit = (current: string): void => {
    const { dependencies = [], parent = "" } = byName.get(current) ?? {};
    for (const dependency of [...dependencies, parent]) {
      if (dependency === "" || seen.has(dependency)) continue;
      seen.add(dependency);
      visit(dependency);
    }
  };
  visit(name);
  return seen;
}
