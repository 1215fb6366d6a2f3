// Operations of a preview, made by hand for what a recorded one does not show.
import type { PreviewDigest, PreviewStep, ResourceState } from "../../../commands/plan/preview.ts";

type Inputs = Readonly<Record<string, unknown>>;

const tokens = {
  command: "command:local:Command",
  config: "talos:machine/configurationApply:ConfigurationApply",
  secrets: "talos:machine/secrets:Secrets",
  release: "kubernetes:helm.sh/v3:Release",
  oci: "kubernetes:source.toolkit.fluxcd.io/v1:OCIRepository",
  secret: "kubernetes:core/v1:Secret",
  deployKey: "github:index/repositoryDeployKey:RepositoryDeployKey",
  webhook: "github:index/repositoryWebhook:RepositoryWebhook",
  bucket: "aws:s3/bucket:Bucket",
} as const;

/** The kinds of resources that samples are made of. */
export type Kind = keyof typeof tokens;

/** A URN of the stack `home`. */
export function urn(kind: Kind, name: string): string {
  return `urn:pulumi:home::home-ops::home-ops:talos:Machines$${tokens[kind]}::${name}`;
}

/** One operation; `before` and `after` are its inputs. */
export function step(
  op: string,
  kind: Kind,
  name: string,
  { before, after, ...state }: { before?: Inputs; after?: Inputs } & Partial<ResourceState>,
): PreviewStep {
  const type = tokens[kind];
  return {
    op,
    urn: urn(kind, name),
    ...(before === undefined ? {} : { oldState: { type, inputs: before, ...state } }),
    ...(after === undefined ? {} : { newState: { type, inputs: after, ...state } }),
    detailedDiff: null,
  };
}

/** An update of a step program: what changes in its environment, the rest staying. */
export function stepUpdate(
  name: string,
  before: Readonly<Record<string, string>>,
  after: Readonly<Record<string, string>>,
  same: Readonly<Record<string, string>> = {},
): PreviewStep {
  const inputs = (environment: Readonly<Record<string, string>>): Inputs => ({
    create: "node src/some/step.ts",
    environment: { ...same, ...environment },
  });
  return step("update", "command", name, { before: inputs(before), after: inputs(after) });
}

/** An update of a machine's config: its patches before and after. */
export function configUpdate(
  machine: string,
  before: readonly object[],
  after: readonly object[],
): PreviewStep {
  const inputs = (patches: readonly object[]): Inputs => ({
    node: "192.0.2.11",
    machineConfigurationInput: "[secret]",
    configPatches: patches.map((patch) => JSON.stringify(patch)),
  });
  return step("update", "config", `talos-${machine}-config`, {
    before: inputs(before),
    after: inputs(after),
  });
}

/** Unchanged OS steps, which say how large the cluster is. */
export function machines(controlPlanes: number, workers: number): readonly PreviewStep[] {
  const roles = [
    ...Array.from({ length: controlPlanes }, () => "controlplane"),
    ...Array.from({ length: workers }, () => "worker"),
  ];
  return roles.map((role, index) => {
    const inputs = { environment: { NODE_ROLE: role, DRAIN_SECONDS: "300" } };
    return step("same", "command", `talos-k8s-${String(index + 1)}-os`, { before: inputs, after: inputs });
  });
}

/** A preview of these operations. */
export function digest(...steps: readonly PreviewStep[]): PreviewDigest {
  return { steps };
}
