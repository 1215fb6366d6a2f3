// What `pulumi preview --json` prints, as far as it is read here, and how to read it.
// Source: pulumi/pulumi sdk v3 go/common/display (PreviewDigest), go/common/apitype (ResourceV3).

/** What happens to a resource; `replace` stands for all operations of a replacement. */
export type Action = "create" | "update" | "replace" | "delete";

/** A resource before or after. Secrets are `[secret]` already, and what is not known yet is a fixed text. */
export interface ResourceState {
  readonly type: string;
  readonly inputs?: Readonly<Record<string, unknown>>;
  /** URNs of what it waits for. */
  readonly dependencies?: readonly string[];
  readonly retainOnDelete?: boolean;
}

/** One operation of the preview. A replacement is up to three of them. */
export interface PreviewStep {
  readonly op: string;
  readonly urn: string;
  readonly oldState?: ResourceState;
  readonly newState?: ResourceState;
  readonly replaceReasons?: readonly string[];
  /** Names of the properties that differ, inputs and outputs, e.g. `machineConfigurationInput`. */
  readonly diffReasons?: readonly string[];
  /**
   * Paths of the values that differ. Null where the plugin names properties only, as those do that the Terraform bridge
   * makes from the Plugin Framework: talos is one. Source: pulumi-terraform-bridge v3.129.0 pf/tfbridge/provider_diff.go.
   */
  readonly detailedDiff?: Readonly<Record<string, { readonly kind: string }>> | null;
}

/** All of it. */
export interface PreviewDigest {
  readonly steps?: readonly PreviewStep[];
  readonly diagnostics?: readonly { readonly message?: string; readonly severity?: string }[];
}

/** How a value that is not known yet is written. Source: sdk v3 go/common/resource/plugin/rpc.go, UnknownStringValue. */
export const unknownValue = "04da6b54-80e4-46f7-96ec-b56ff0331ba9";

/** Logical name of a resource, the last part of its URN, e.g. `talos-k8s-1-os`. */
export function nameOf(urn: string): string {
  return urn.split("::").slice(3).join("::");
}

/** What the engine's operations are here; others change nothing. Source: pulumi sdk v3 go/common/display, StepOp. */
export const actions: Readonly<Record<string, Action>> = {
  create: "create",
  import: "create",
  update: "update",
  delete: "delete",
  replace: "replace",
  "create-replacement": "replace",
  "delete-replaced": "replace",
  "import-replacement": "replace",
};

/** Its type, without those of its parents, e.g. `command:local:Command`. */
export function typeOf(urn: string): string {
  return (urn.split("::")[2] ?? "").replace(/^.*\$/, "");
}

/** Name of the stack that a URN is of. */
export function stackOf(urn: string): string {
  return /^urn:pulumi:([^:]+)::/.exec(urn)?.[1] ?? "";
}

/** The JSON in what pulumi printed; undefined when it printed none, e.g. because there is no such stack. */
export function readDigest(stdout: string): PreviewDigest | undefined {
  // Warnings of the engine may stand before it.
  const at = stdout.search(/^\{/m);
  if (at < 0) return undefined;
  try {
    return JSON.parse(stdout.slice(at)) as PreviewDigest;
  } catch {
    return undefined;
  }
}

/** Warnings or errors of a preview, each once, without the engine's decoration. */
export function messagesOf(digest: PreviewDigest | undefined, severity: string): readonly string[] {
  const found = (digest?.diagnostics ?? [])
    .filter((diagnostic) => diagnostic.severity === severity)
    .map(({ message = "" }) =>
      message
        .trim()
        .replace(/^(error|warning): /, "")
        .trim(),
    );
  return [...new Set(found)].filter((text) => text !== "");
}
