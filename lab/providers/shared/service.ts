// The engine's protocol (pulumirpc.ResourceProvider) on top of a provider definition.
//
// The SDK's own provider server (`@pulumi/pulumi/provider`) hides what a faithful stand-in needs: whether a call is a
// preview, the timeouts, the provider's configuration, the detailed diff. So this speaks the protocol itself, with the
// SDK's generated messages.
import { status } from "@grpc/grpc-js";
import type { sendUnaryData, ServerUnaryCall, UntypedServiceImplementation } from "@grpc/grpc-js";
import type { Message } from "google-protobuf";
import empty from "google-protobuf/google/protobuf/empty_pb.js";
import struct from "google-protobuf/google/protobuf/struct_pb.js";
import plugin from "@pulumi/pulumi/proto/plugin_pb.js";
import proto from "@pulumi/pulumi/proto/provider_pb.js";
import { differences } from "./diff.ts";
import type { EngineLog } from "./engineLog.ts";
import type { Operation, ProviderDefinition, ResourceDefinition } from "./provider.ts";
import { schemaOf } from "./schema.ts";
import { checkProperties, knownProperties, secretPaths } from "./spec.ts";
import type { CheckProblem } from "./spec.ts";
import { decode, encode, equal, hasUnknown, UNKNOWN } from "./values.ts";
import type { Marked, Path, Properties } from "./values.ts";

/** Keys that the engine puts into a provider's configuration by itself. */
const engineConfigKeys = new Set(["version", "pluginDownloadURL", "pluginChecksums", "parameterization"]);

type Wire = struct.Struct | undefined;

const read = (wire: Wire): Marked => decode(wire?.toJavaScript());

function write(value: Properties, secrets: readonly Path[]): struct.Struct {
  return struct.Struct.fromJavaScript(encode({ value, secrets }));
}

function failures(problems: readonly CheckProblem[]): proto.CheckFailure[] {
  return problems.map(({ property, reason }) =>
    new proto.CheckFailure().setProperty(property).setReason(reason),
  );
}

/** Type token of a URN, e.g. `talos:machine/bootstrap:Bootstrap`. */
function tokenOf(urn: string): string {
  return urn.split("::")[2]?.split("$").at(-1) ?? "";
}

/**
 * The service's handlers.
 * @param cancelled aborted when the engine cancels everything
 * @param cancel does that
 */
export function serviceOf(
  definition: ProviderDefinition,
  log: EngineLog,
  cancelled: AbortSignal,
  cancel: () => void,
): UntypedServiceImplementation {
  const resourceOf = (urn: string): ResourceDefinition => {
    const resource = definition.resources[tokenOf(urn)];
    if (resource === undefined)
      throw new Error(
        `the ${definition.name} stand-in has no resource ${tokenOf(urn)}; it has: ${Object.keys(definition.resources).join(", ")}`,
      );
    return resource;
  };

  /** Makes a handler: an exception becomes the call's error, a given-up call aborts the operation. */
  const handler =
    <Request extends Message, Response extends Message>(
      work: (
        request: Request,
        operation: (urn: string, timeoutSeconds?: number) => Operation,
      ) => Promise<Response>,
    ) =>
    (call: ServerUnaryCall<Request, Response>, respond: sendUnaryData<Response>): void => {
      const given = new AbortController();
      call.on("cancelled", () => given.abort());
      const operation = (urn: string, timeoutSeconds = 0): Operation => ({
        urn,
        name: urn.split("::").slice(3).join("::"),
        timeoutMs: timeoutSeconds > 0 ? timeoutSeconds * 1000 : undefined,
        signal: AbortSignal.any([given.signal, cancelled]),
        log: log.of(urn),
      });
      // The call must not answer before its lines are on the screen, or they would come after the resource is done.
      work(call.request, operation).then(
        async (response) => {
          await log.flush();
          respond(null, response);
        },
        async (error: unknown) => {
          await log.flush();
          respond({ code: status.UNKNOWN, details: error instanceof Error ? error.message : String(error) });
        },
      );
    };

  /** Outputs on the wire: secret is what was secret in the inputs, what the provider says, and what depends on secrets. */
  const outputsOf = (resource: ResourceDefinition, outputs: Properties, inputs: Marked): struct.Struct => {
    const known = secretPaths({ ...resource.inputs, ...resource.outputs }, outputs);
    if (definition.acceptsSecrets !== true) return write(outputs, known);
    const any = inputs.secrets.length > 0 ? (resource.secretWithAnyInput ?? []).map((name) => [name]) : [];
    return write(outputs, [...inputs.secrets, ...known, ...any]);
  };

  /** Marks in the answer of a check. */
  const marksOf = (resource: ResourceDefinition, inputs: Properties, news: Marked): readonly Path[] =>
    definition.acceptsSecrets === true ? news.secrets : secretPaths(resource.inputs, inputs);

  /** What a provider makes of the inputs' names before anything else. */
  const knownOf = (resource: ResourceDefinition, values: Properties): Properties =>
    definition.bridge === "framework" ? knownProperties(resource.inputs, values) : values;

  const compared = (resource: ResourceDefinition, values: Properties): Properties =>
    Object.fromEntries(
      Object.entries(values).filter(
        ([name]) => name in resource.inputs || (resource.diffOver !== "inputs" && name in resource.outputs),
      ),
    );

  return {
    getPluginInfo: handler(async () => new plugin.PluginInfo().setVersion(definition.version)),
    getSchema: handler(async () => new proto.GetSchemaResponse().setSchema(schemaOf(definition))),
    attach: handler(async () => new empty.Empty()),
    cancel: handler(async () => {
      cancel();
      return new empty.Empty();
    }),

    checkConfig: handler(async (request: proto.CheckRequest) => {
      const news = read(request.getNews());
      const own = Object.fromEntries(
        Object.entries(news.value).filter(([key]) => !engineConfigKeys.has(key)),
      );
      // Values arrive as JSON texts where they are not strings, so only the names are checked.
      const problems = checkProperties(
        Object.fromEntries(
          Object.keys(definition.config).map((key) => [key, { type: "any", description: "" }]),
        ),
        [],
        own,
      );
      return new proto.CheckResponse().setInputs(request.getNews()).setFailuresList(failures(problems));
    }),
    diffConfig: handler(async (request: proto.DiffRequest) => {
      const olds = read(request.getOldInputs() ?? request.getOlds()).value;
      const news = read(request.getNews()).value;
      const changed = differences(olds, news).map((difference) => difference.property);
      // No setting of these providers makes the resources other ones, so the provider is never replaced.
      return new proto.DiffResponse()
        .setChanges(
          changed.length > 0
            ? proto.DiffResponse.DiffChanges.DIFF_SOME
            : proto.DiffResponse.DiffChanges.DIFF_NONE,
        )
        .setDiffsList([...new Set(changed)]);
    }),
    configure: handler(async (request: proto.ConfigureRequest, operation) => {
      await definition.configure?.(read(request.getArgs()).value, operation(""));
      return new proto.ConfigureResponse()
        .setAcceptsecrets(definition.acceptsSecrets === true)
        .setSupportspreview(true)
        .setAcceptresources(false)
        .setAcceptoutputs(false);
    }),

    invoke: handler(async (request: proto.InvokeRequest, operation) => {
      const fn = definition.functions[request.getTok()];
      if (fn === undefined)
        throw new Error(
          `the ${definition.name} stand-in has no function ${request.getTok()}; it has: ${Object.keys(definition.functions).join(", ")}`,
        );
      const { value } = read(request.getArgs());
      const response = new proto.InvokeResponse();
      const problems = checkProperties(fn.inputs, fn.requiredInputs, value);
      if (problems.length === 0 && !hasUnknown(value)) problems.push(...(fn.validate?.(value) ?? []));
      if (problems.length > 0) return response.setFailuresList(failures(problems));
      // As the bridge does: results of functions carry no secret marks, the caller has to set them.
      return response.setReturn(write(await fn.invoke(value, operation("")), []));
    }),

    check: handler(async (request: proto.CheckRequest) => {
      const resource = resourceOf(request.getUrn());
      const news = read(request.getNews());
      const given = knownOf(resource, news.value);
      const validate = (): readonly CheckProblem[] => resource.validate?.(given) ?? [];
      // There a mistake without a path hides all that have one.
      const early = definition.bridge === "framework" ? validate() : undefined;
      const problems = checkProperties(resource.inputs, resource.requiredInputs, given);
      if (problems.length === 0) problems.push(...(early ?? validate()));
      const inputs = resource.normalize && problems.length === 0 ? resource.normalize(given) : given;
      return new proto.CheckResponse()
        .setInputs(write(inputs, marksOf(resource, inputs, news)))
        .setFailuresList(failures(problems));
    }),

    diff: handler(async (request: proto.DiffRequest, operation) => {
      const resource = resourceOf(request.getUrn());
      const state = read(request.getOlds()).value;
      const inputs = read(request.getNews()).value;
      const plan = await resource.plan({ olds: state, inputs }, operation(request.getUrn()));
      const [olds, planned] = [compared(resource, state), compared(resource, plan)];
      const found = differences(olds, planned);
      const changed = [...new Set(found.map((difference) => difference.property))];
      const replaces = resource.replaces?.(olds, planned, changed) ?? [];
      const response = new proto.DiffResponse()
        .setChanges(
          found.length > 0
            ? proto.DiffResponse.DiffChanges.DIFF_SOME
            : proto.DiffResponse.DiffChanges.DIFF_NONE,
        )
        .setDiffsList(changed)
        .setReplacesList([...replaces])
        .setHasdetaileddiff(definition.bridge !== "framework");
      if (definition.bridge === "framework") return response;
      const kinds = proto.PropertyDiff.Kind;
      for (const { path, property, kind } of found) {
        const replace = replaces.includes(property);
        response.getDetaileddiffMap().set(
          path,
          new proto.PropertyDiff().setKind(
            {
              add: replace ? kinds.ADD_REPLACE : kinds.ADD,
              delete: replace ? kinds.DELETE_REPLACE : kinds.DELETE,
              update: replace ? kinds.UPDATE_REPLACE : kinds.UPDATE,
            }[kind],
          ),
        );
      }
      return response;
    }),

    create: handler(async (request: proto.CreateRequest, operation) => {
      const resource = resourceOf(request.getUrn());
      const inputs = read(request.getProperties());
      const op = operation(request.getUrn(), request.getTimeout());
      const planned = await resource.plan({ olds: undefined, inputs: inputs.value }, op);
      const id: Properties = definition.bridge === "framework" ? { id: UNKNOWN } : {};
      if (request.getPreview())
        return new proto.CreateResponse().setProperties(outputsOf(resource, { ...planned, ...id }, inputs));
      const created = await resource.create(planned, op);
      return new proto.CreateResponse()
        .setId(created.id)
        .setProperties(outputsOf(resource, created.outputs, inputs));
    }),

    update: handler(async (request: proto.UpdateRequest, operation) => {
      const resource = resourceOf(request.getUrn());
      const olds = read(request.getOlds()).value;
      const inputs = read(request.getNews());
      const op = operation(request.getUrn(), request.getTimeout());
      const planned = await resource.plan({ olds, inputs: inputs.value }, op);
      const outputs = request.getPreview()
        ? planned
        : await resource.update(request.getId(), olds, planned, op);
      return new proto.UpdateResponse().setProperties(outputsOf(resource, outputs, inputs));
    }),

    delete: handler(async (request: proto.DeleteRequest, operation) => {
      const resource = resourceOf(request.getUrn());
      const op = operation(request.getUrn(), request.getTimeout());
      await resource.delete?.(request.getId(), read(request.getProperties()).value, op);
      return new empty.Empty();
    }),

    read: handler(async (request: proto.ReadRequest, operation) => {
      const resource = resourceOf(request.getUrn());
      const state = read(request.getProperties());
      const inputs = read(request.getInputs());
      const response = new proto.ReadResponse();
      const importing = equal(state.value, {});
      if (resource.read === undefined) {
        if (importing)
          throw new Error(
            `${tokenOf(request.getUrn())} cannot be imported: the provider does not support it`,
          );
        return response
          .setId(request.getId())
          .setProperties(request.getProperties())
          .setInputs(request.getInputs());
      }
      const op = operation(request.getUrn(), request.getTimeout());
      const found = await resource.read(request.getId(), importing ? undefined : state.value, op);
      if (found === undefined) return response;
      return response
        .setId(found.id)
        .setProperties(outputsOf(resource, found.outputs, state))
        .setInputs(write(found.inputs, [...inputs.secrets, ...secretPaths(resource.inputs, found.inputs)]));
    }),
  };
}
