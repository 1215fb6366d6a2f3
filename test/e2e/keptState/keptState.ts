// The state of a cluster that an older version of this project made, kept as names and plain inputs (`<commit>.json`), without
// secrets: those, and whatever the machines have answered, come from the lab at hand. So the same file works in every lab,
// and what a preview lists on it is what people see who update the project.
//
// In the file `{{live}}` stands for the value that the lab's own state has at the same place, `{{live of flux-proof}}` for the
// one at the same place of another resource, where this one no longer has it, `{{stack}}` for its name,
// `{{network}}` for the first three numbers of its addresses, `{{configHash}}` for the hash of what was sent to the machine.
import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { join } from "node:path";

/** A value as it stands in JSON. */
type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json };
type JsonObject = Readonly<Record<string, Json>>;

interface KeptResource {
  readonly urn: string;
  /** The name that it has today, where that is another one. A state does not say its aliases. */
  readonly now?: string;
  readonly inputs: JsonObject;
}

interface Kept {
  /** Outputs of the stack. */
  readonly outputs: JsonObject;
  readonly resources: readonly KeptResource[];
}

interface Resource {
  readonly urn: string;
  readonly type: string;
  readonly parent?: string;
  readonly inputs?: JsonObject;
  readonly outputs?: JsonObject;
  readonly dependencies?: readonly string[];
  readonly propertyDependencies?: Readonly<Record<string, readonly string[]>>;
}

/** What `pulumi stack export --show-secrets` prints. */
export interface ExportedState {
  readonly deployment: { readonly resources: readonly Resource[] };
}

/** Where the kept state stands in the lab at hand. */
export interface Place {
  /** Name of the stack, e.g. `test-small`. */
  readonly stack: string;
  /** e.g. `127.10.52` */
  readonly network: string;
}

/**
 * The lab's state as the version with this commit would have left it.
 * @throws AssertionError when the lab has no resource for a kept one
 */
export function keptState(commit: string, exported: ExportedState, place: Place): ExportedState {
  const kept = readKept(commit, place);
  const live = withOldUrns(exported, kept);
  const inputs = new Map(kept.resources.map((resource) => [resource.urn, resource.inputs]));
  const hashes = configHashes(live, kept);
  const { resources } = live.deployment;
  const stack = resources.filter(({ type }) => type === "pulumi:pulumi:Stack");
  const defaults = resources.filter(({ urn, type }) => isDefaultProvider(urn, type));
  const known = new Set([...inputs.keys(), ...[...stack, ...defaults].map(({ urn }) => urn)]);
  const parents = new Map(resources.map(({ urn, parent }) => [urn, parent]));
  for (const urn of inputs.keys())
    assert.ok(
      resources.some((resource) => resource.urn === urn),
      `the lab's state has ${urn}`,
    );
  return {
    ...live,
    deployment: {
      ...live.deployment,
      resources: resources
        .filter(({ urn }) => known.has(urn))
        .map((resource) => {
          if (stack.includes(resource))
            return {
              ...resource,
              outputs: filled(kept.outputs, resource.outputs, { resources }) as JsonObject,
            };
          const own = inputs.get(resource.urn);
          const replaced = own === undefined ? resource : withInputs(resource, own, { hashes, resources });
          return withoutUnknown(replaced, known, parents);
        }),
    },
  };
}

function readKept(commit: string, { stack, network }: Place): Kept {
  const text = readFileSync(join(import.meta.dirname, `${commit}.json`), "utf8");
  return JSON.parse(text.replaceAll("{{stack}}", stack).replaceAll("{{network}}", network)) as Kept;
}

/** The lab's state with the URNs of then, in all that refers to them too: providers by URN and id. */
function withOldUrns(live: ExportedState, { resources }: Kept): ExportedState {
  const today = new Map(live.deployment.resources.map(({ urn }) => [placeOf(urn), urn]));
  const text = resources.reduce((found, { urn, now }) => {
    const current = today.get(placeOf(now === undefined ? urn : urn.replace(/[^:]+$/, now))) ?? urn;
    return found.replaceAll(`"${current}"`, `"${urn}"`).replaceAll(`"${current}::`, `"${urn}::`);
  }, JSON.stringify(live));
  return JSON.parse(text) as ExportedState;
}

/** Type and name of a resource, without the types of its parents: those it may have got or lost since then. */
function placeOf(urn: string): string {
  return urn.split("::").slice(2).join("::").replace(/^.*\$/, "");
}

/** Providers that the engine makes itself are those of the plugins at hand. */
function isDefaultProvider(urn: string, type: string): boolean {
  return type.startsWith("pulumi:providers:") && !urn.includes("$");
}

/** A resource as it was, its outputs too: they say the inputs again, the others are what the world has answered. */
function withInputs(
  resource: Resource,
  kept: JsonObject,
  { hashes, resources }: { hashes: ReadonlyMap<string, string>; resources: readonly Resource[] },
): Resource {
  const live = resource.inputs ?? {};
  const hash = hashes.get(machineOf(resource.urn)) ?? "";
  const inputs = filled(kept, live, { hash, resources }) as JsonObject;
  // An input that there was not yet.
  const later = Object.keys(live).filter((key) => !(key in inputs));
  // And one that there is not any more.
  const gone = Object.entries(inputs).filter(([key]) => !(key in live));
  const outputs = [
    ...Object.entries(resource.outputs ?? {}).filter(([key]) => !later.includes(key)),
    ...gone,
  ];
  return {
    ...resource,
    inputs,
    outputs: Object.fromEntries(
      outputs.map(([key, value]) => [
        key,
        key === "__inputs" ? asBefore(value, inputs) : (inputs[key] ?? value),
      ]),
    ),
  };
}

/** The Kubernetes provider keeps what it was given once more, and of a Helm release as a secret. */
function asBefore(live: Json, inputs: JsonObject): Json {
  return isObject(live) && "plaintext" in live ? { ...live, plaintext: JSON.stringify(inputs) } : inputs;
}

/** What stands in place of the marks. */
interface Rest {
  readonly hash?: string;
  readonly resources: readonly Resource[];
  /** Where the value stands in the inputs, from the outside in. */
  readonly path?: readonly (string | number)[];
}

/** The kept value with what is not in the file. */
function filled(kept: Json, live: Json | undefined, rest: Rest): Json {
  const { path = [] } = rest;
  if (kept === "{{configHash}}") return rest.hash ?? "";
  const [isLive, , other] = /^\{\{live( of ([\w-]+))?\}\}$/.exec(typeof kept === "string" ? kept : "") ?? [];
  if (isLive !== undefined) {
    const value = other === undefined ? live : inputOf(rest.resources, other, path);
    assert.ok(value !== undefined, `the lab's state has a value for ${isLive} at ${path.join(".")}`);
    return value;
  }
  const inner = (value: Json, key: string | number): Json =>
    filled(value, at(live, key), { ...rest, path: [...path, key] });
  if (isList(kept)) return kept.map(inner);
  if (!isObject(kept)) return kept;
  return Object.fromEntries(Object.entries(kept).map(([key, value]) => [key, inner(value, key)]));
}

function inputOf(
  resources: readonly Resource[],
  name: string,
  path: readonly (string | number)[],
): Json | undefined {
  const found = resources.find(({ urn }) => urn.endsWith(`::${name}`));
  return path.reduce<Json | undefined>(at, found?.inputs);
}

function at(value: Json | undefined, key: string | number): Json | undefined {
  if (isList(value)) return typeof key === "number" ? value[key] : undefined;
  return isObject(value) ? value[key] : undefined;
}

/** By machine, the hash of what was sent to it: the base config, which is a secret, and the patches as they were kept. */
function configHashes(live: ExportedState, kept: Kept): ReadonlyMap<string, string> {
  return new Map(
    kept.resources
      .filter(({ urn }) => urn.endsWith("-config"))
      .map(({ urn, inputs }) => {
        const resource = live.deployment.resources.find((found) => found.urn === urn);
        const base = inClear(resource?.inputs?.["machineConfigurationInput"]);
        const text = [base, ...(inputs["configPatches"] as readonly string[])].join("\n---\n");
        return [machineOf(urn), createHash("sha256").update(text).digest("hex")] as const;
      }),
  );
}

/** `talos-k8s-1` of the resources of that machine. */
function machineOf(urn: string): string {
  return (urn.split("::").at(-1) ?? "").replace(/-[a-z]+$/, "");
}

/** A secret as `--show-secrets` writes it. Source: pulumi/pulumi pkg/resource/stack (SecretV1). */
function inClear(value: Json | undefined): string {
  const plaintext = isObject(value) ? value["plaintext"] : undefined;
  assert.ok(typeof plaintext === "string", "the state was exported with its secrets");
  return String(JSON.parse(plaintext));
}

/** Without what did not exist then: a component among its parents, or what it waits for. */
function withoutUnknown(
  resource: Resource,
  known: ReadonlySet<string>,
  parents: ReadonlyMap<string, string | undefined>,
): Resource {
  const left = (urns: readonly string[]): readonly string[] => urns.filter((urn) => known.has(urn));
  let { parent } = resource;
  while (parent !== undefined && !known.has(parent)) parent = parents.get(parent);
  return {
    ...resource,
    ...(parent === undefined ? {} : { parent }),
    ...(resource.dependencies === undefined ? {} : { dependencies: left(resource.dependencies) }),
    ...(resource.propertyDependencies === undefined
      ? {}
      : {
          propertyDependencies: Object.fromEntries(
            Object.entries(resource.propertyDependencies).map(([key, urns]) => [key, left(urns)]),
          ),
        }),
  };
}

function isList(value: Json | undefined): value is readonly Json[] {
  return Array.isArray(value);
}

function isObject(value: Json | undefined): value is JsonObject {
  return typeof value === "object" && value !== null && !isList(value);
}
