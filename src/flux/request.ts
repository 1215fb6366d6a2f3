// Asking a controller of Flux for a look, and knowing when it has looked. Source: fluxcd/pkg apis/meta, ReconcileRequest.
import { conditionOf, isObserved, type Kubernetes, type KubeObject } from "../steps/kubernetes.ts";
import { isReconciling } from "./suspension.ts";

/** Annotation that asks; its value comes back in `status.lastHandledReconcileAt`. */
const requestedAt = "reconcile.fluxcd.io/requestedAt";

/** A value that no request had before. */
export function newRequest(): string {
  return new Date().toISOString();
}

/** Asks for a look at once, with other changes in the same write. */
export async function request(
  kubernetes: Kubernetes,
  object: KubeObject,
  id: string,
  { annotations = {}, ...change }: { readonly annotations?: object; readonly spec?: object } = {},
): Promise<void> {
  await kubernetes.change(object, {
    metadata: { annotations: { ...annotations, [requestedAt]: id } },
    ...change,
  });
}

/**
 * Takes a request back that has been handled, so that the object is as it was before. A newer one of somebody else stays, and
 * so does this one when it cannot be taken back: it does nothing any more.
 */
export async function forgetRequest(kubernetes: Kubernetes, object: KubeObject, id: string): Promise<void> {
  const path = `/metadata/annotations/${requestedAt.replace("/", "~1")}`;
  const operations = [
    { op: "test", path, value: id },
    { op: "remove", path },
  ];
  await kubernetes.jsonPatch(object, operations).catch(() => undefined);
}

/** Whether the controller has ended the look that was asked for. */
export function isHandled({ status }: KubeObject, id: string): boolean {
  return status?.["lastHandledReconcileAt"] === id;
}

/** Whether what the object says is the end of a look, and not the middle of one. Pure. */
export function isSettled(object: KubeObject, id: string): boolean {
  const ready = conditionOf(object, "Ready");
  if (!isHandled(object, id) || ready === undefined || ready.status === "Unknown") return false;
  if (ready.status === "False") return !isReconciling(object) || ready.reason === "SourceNotReady";
  return isObserved(object);
}
