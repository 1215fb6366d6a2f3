// Variables that stop Kustomizations, and how one gets out where the corrected value cannot arrive by itself. Pure.
import type { KubeObject } from "../../src/steps/kubernetes.ts";

/** The variable whose name Flux refuses, out of its own words. Source: fluxcd/pkg kustomize v1.35 kustomize_varsub.go. */
export function refusedVariable(message: string): string | undefined {
  return /'([^']*)' var name is invalid/.exec(message)?.[1];
}

/** Whether Flux says that variables cannot be replaced, or that what came of it is no YAML. */
export function isAboutVariables(message: string): boolean {
  return /envsubst error|var name is invalid|variable substitution failed|substitute from '|variable not set/.test(
    message,
  );
}

/** An object from which a Kustomization takes variables. */
interface VariableSource {
  readonly kind: string;
  readonly namespace: string;
  readonly name: string;
}

/** Where a Kustomization takes its variables from. */
export function variableSources({ metadata, spec }: KubeObject): readonly VariableSource[] {
  const { substituteFrom = [] } = (spec?.["postBuild"] ?? {}) as {
    readonly substituteFrom?: readonly { readonly kind?: string; readonly name?: string }[];
  };
  return substituteFrom.map(({ kind = "", name = "" }) => ({
    kind,
    namespace: metadata?.namespace ?? "",
    name,
  }));
}

/** Those of them that it delivers itself. Source: fluxcd/kustomize-controller v1.9 api/v1 inventory_types.go, the ids. */
export function ownSources(kustomization: KubeObject): readonly VariableSource[] {
  const { entries = [] } = (kustomization.status?.["inventory"] ?? {}) as {
    readonly entries?: readonly { readonly id?: string }[];
  };
  const delivered = new Set(entries.map(({ id }) => id));
  return variableSources(kustomization).filter(({ kind, namespace, name }) =>
    delivered.has(`${namespace}_${name}__${kind}`),
  );
}

/** e.g. `ConfigMap cluster-settings or Secret cluster-secrets` */
export function sourcesText(sources: readonly VariableSource[]): string {
  return sources.map(({ kind, name }) => `${kind} ${name}`).join(" or ");
}

/** Commands that take a variable out of objects in the cluster; harmless where it is not in them. */
export function removalCommands(variable: string, sources: readonly VariableSource[]): string {
  const patch = JSON.stringify({ data: { [variable]: null } });
  return sources
    .map(
      ({ kind, namespace, name }) =>
        `kubectl -n ${namespace} patch ${kind.toLowerCase()} ${name} --type merge -p '${patch.replaceAll("'", "'\\''")}'`,
    )
    .join("; ");
}
