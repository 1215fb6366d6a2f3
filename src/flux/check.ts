// What `flux check` looks at: all controllers of the installed version run, and no object is stored in a version that its
// definition does not have. Source: fluxcd/flux2 v2.9.4 cmd/flux/check.go. Pure.
import { conditionOf, isObserved, type KubeObject } from "../steps/kubernetes.ts";
import { done, notYet, type Observation } from "../steps/wait.ts";
import { definitionsIn } from "./bump/definitions.ts";

const versionLabel = "app.kubernetes.io/version";

/**
 * Whether Flux is whole.
 * @param version what must run, e.g. `v2.9.4`
 * @param deployments of namespace flux-system
 * @param definitions all custom resource definitions
 */
export function checkFlux(
  version: string,
  deployments: readonly KubeObject[],
  definitions: readonly KubeObject[],
): Observation<string> {
  const ofFlux = ({ metadata }: KubeObject): boolean =>
    metadata?.labels?.["app.kubernetes.io/part-of"] === "flux";
  const controllers = deployments.filter(ofFlux);
  const crds = definitions.filter(ofFlux);
  if (controllers.length === 0 || crds.length === 0) return notYet("Flux is not installed");
  const [problem] = [
    ...controllers.flatMap((controller) => controllerProblem(version, controller) ?? []),
    ...crds.flatMap((crd) => definitionProblem(version, crd) ?? []),
  ];
  return problem === undefined
    ? done(`${controllers.length} controllers of Flux ${version}`)
    : notYet(problem);
}

function controllerProblem(version: string, controller: KubeObject): string | undefined {
  const { metadata, spec, status } = controller;
  const name = metadata?.name ?? "";
  const found = metadata?.labels?.[versionLabel];
  if (found !== version) return `${name} is of Flux ${found ?? "unknown"}, not yet of ${version}`;
  const replicas = Number(spec?.["replicas"] ?? 1);
  const updated = Number(status?.["updatedReplicas"] ?? 0) >= replicas;
  // The old pod may be the available one for a while.
  const only = Number(status?.["replicas"] ?? 0) === replicas;
  const available = conditionOf(controller, "Available")?.status === "True";
  const isWhole = isObserved(controller) && updated && only && available;
  return isWhole ? undefined : `${name} ${version} is not available yet`;
}

function definitionProblem(version: string, crd: KubeObject): string | undefined {
  const { name = "", labels = {} } = crd.metadata ?? {};
  const [is, found] = [`definition ${name}`, labels[versionLabel]];
  if (labels["kustomize.toolkit.fluxcd.io/name"] !== "flux")
    return `${is} does not belong to the Kustomization flux yet`;
  if (found !== version) return `${is} is of Flux ${found ?? "unknown"}, not yet of ${version}`;
  const [definition] = definitionsIn([crd]);
  const lost = definition?.stored.find((stored) => !definition.versions.includes(stored));
  return lost === undefined ? undefined : `${is} does not have ${lost}, in which objects are stored`;
}
