// The COSI resource API: Get, List and Watch over what a machine's resources say. Nobody may write.
import { stringify } from "yaml";
import { StatusError } from "../errors.ts";
import { stream } from "../handler.ts";
import type { CallContext, Handler, Handlers } from "../handler.ts";
import { codec } from "../protos.ts";
import type { Message } from "../protos.ts";
import { timestamp } from "../serviceTable.ts";
import { definitionSpec, metaDefinitions, namespaces, resourceDefinitions } from "./definitions.ts";
import { fingerprint, resourcesOf } from "./resources.ts";
import type { ResourceContent } from "./resources.ts";

const definitionType = "ResourceDefinitions.meta.cosi.dev";
const namespaceType = "Namespaces.meta.cosi.dev";
const watchIntervalMs = 150;

const readOnly: Handler = {
  kind: "bare",
  run: () => {
    throw new StatusError("PermissionDenied", "write access is not allowed");
  },
};

/** The resource service. */
export const cosiHandlers: Handlers = {
  Get: {
    kind: "bare",
    run: async (request, context) => {
      const { namespace, type, id } = request as { namespace: string; type: string; id: string };
      const found = (await list(request, context)).find((resource) => resource.id === id);
      if (!found)
        throw new StatusError("NotFound", `resource ${type}(${namespace}/${id}@undefined) doesn't exist`);
      return { resource: found.message };
    },
  },
  List: stream(async function* (request, context) {
    const wanted = idFilter((request["options"] as Message | null)?.["id_query"] as Message | null);
    for (const { id, message } of await list(request, context)) if (wanted(id)) yield { resource: message };
  }),
  Watch: stream(watch),
  Create: readOnly,
  Update: readOnly,
  Destroy: readOnly,
};

interface Encoded {
  readonly id: string;
  readonly version: string;
  readonly message: Message;
}

async function* watch(request: Message, context: CallContext): AsyncIterable<Message> {
  const options = (request["options"] ?? {}) as Message;
  const single = request["_id"] === "id";
  const wanted = single
    ? (id: string) => id === request["id"]
    : idFilter(options["id_query"] as Message | null);
  const look = async (): Promise<Encoded[]> => (await list(request, context)).filter(({ id }) => wanted(id));
  let known = new Map((await look()).map((resource) => [resource.id, resource]));
  // An empty message tells the client that the watch stands.
  yield {};
  const first: Message[] = [];
  if (single && known.size === 0) first.push(event("DESTROYED", tombstone(request)));
  if (single || options["bootstrap_contents"] === true)
    first.push(...[...known.values()].map(({ message }) => event("CREATED", message)));
  // Clients of the first protocol version do not know this event.
  if (!single && options["bootstrap_contents"] === true && Number(request["api_version"]) >= 1)
    first.push(event("BOOTSTRAPPED", undefined));
  if (options["aggregated"] === true && first.length > 0) yield { event: first };
  else for (const one of first) yield { event: [one] };
  while (!context.signal.aborted) {
    await new Promise((resolve) => setTimeout(resolve, watchIntervalMs));
    const now = new Map((await look()).map((resource) => [resource.id, resource]));
    for (const [id, resource] of now) {
      const before = known.get(id);
      if (!before) yield { event: [event("CREATED", resource.message)] };
      else if (before.version !== resource.version)
        yield { event: [event("UPDATED", resource.message, before.message)] };
    }
    for (const [id, { message }] of known) if (!now.has(id)) yield { event: [event("DESTROYED", message)] };
    known = now;
  }
}

// Checks access as Talos' policy does, then encodes what is there.
async function list(request: Message, { machine, roles }: CallContext): Promise<Encoded[]> {
  const { namespace, type } = request as { namespace: string; type: string };
  if (type === definitionType) return definitions(machine.bootedAt);
  if (type === namespaceType) return namespaceResources(machine.bootedAt);
  const definition = resourceDefinitions.find((known) => known.type === type);
  if (!definition) throw new StatusError("PermissionDenied", `resource type "${type}" is not supported`);
  if (definition.sensitive && !roles.includes("os:admin"))
    throw new StatusError("PermissionDenied", "not authorized");
  if (!namespaces.includes(namespace))
    throw new StatusError("PermissionDenied", `namespace "${namespace}" is not supported`);
  if (namespace !== definition.namespace) return [];
  if (type === "Services.v1alpha1.talos.dev") await machine.refresh();
  return (await resourcesOf(machine, type))
    .map((content) => {
      const counted = machine.resourceVersions.of(`${type}/${content.id}`, fingerprint(content));
      const { created, updated } = counted;
      const version = content.version ?? counted.version;
      const metadata = { namespace, type, id: content.id, version, created, updated };
      return { id: content.id, version, message: encode(metadata, definition.message, content) };
    })
    .sort((a, b) => (a.id < b.id ? -1 : 1));
}

function definitions(at: Date): Encoded[] {
  const described = [...resourceDefinitions, ...metaDefinitions].map((definition) => ({
    id: definition.type.toLowerCase(),
    spec: definitionSpec(definition),
  }));
  described.sort((a, b) => (a.id < b.id ? -1 : 1));
  return described.map((content) => metaResource(definitionType, "ResourceDefinitionSpec", content, at));
}

function namespaceResources(at: Date): Encoded[] {
  return namespaces.map((id) =>
    metaResource(namespaceType, "NamespaceSpec", { id, spec: { description: "" } }, at),
  );
}

function metaResource(type: string, message: string, content: ResourceContent, at: Date): Encoded {
  const metadata = { namespace: "meta", type, id: content.id, version: "1", created: at, updated: at };
  return { id: content.id, version: "1", message: encode(metadata, `cosi.resource.${message}`, content) };
}

function encode(
  metadata: { created: Date; updated: Date; [key: string]: unknown },
  messageName: string,
  { spec, proto, annotations }: ResourceContent,
): Message {
  const plain = typeof spec === "object" && spec !== null ? spec : {};
  return {
    metadata: {
      ...metadata,
      phase: "running",
      owner: "lab",
      annotations: annotations ?? {},
      created: timestamp(metadata.created),
      updated: timestamp(metadata.updated),
    },
    spec: {
      proto_spec: codec(messageName).encode({ ...plain, ...proto }),
      yaml_spec: typeof spec === "string" ? yamlText(spec) : stringify(spec, { lineWidth: 0 }),
    },
  };
}

// One line is shown as it is. A machine config is a scalar in double quotes: Go's YAML takes a block of lines that are not
// indented for an empty one.
function yamlText(text: string): string {
  return text.includes("\n") ? JSON.stringify(text) : text;
}

function event(type: string, resource: Message | undefined, old?: Message): Message {
  return { event_type: type, resource, old };
}

function tombstone(request: Message): Message {
  const { namespace, type, id } = request as { namespace: string; type: string; id: string };
  const now = timestamp(new Date());
  const metadata = {
    namespace,
    type,
    id,
    version: "undefined",
    phase: "tearingDown",
    created: now,
    updated: now,
  };
  return { metadata, spec: { proto_spec: Buffer.alloc(0), yaml_spec: "" } };
}

function idFilter(query: Message | null | undefined): (id: string) => boolean {
  const text: unknown = query?.["regexp"];
  if (typeof text !== "string" || text === "") return () => true;
  const pattern = new RegExp(text);
  return (id) => pattern.test(id);
}
