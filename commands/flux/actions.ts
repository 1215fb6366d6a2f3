// What `npm run flux` does to one object. Each action says what it has done and what that means.
import { isHandOff, isSuspended, nameOf, parentOf, suspendedByConfig } from "../../src/flux/suspension.ts";
import { conditionOf, type Kubernetes, type KubeObject } from "../../src/steps/kubernetes.ts";
import { gatherFlux } from "./kinds.ts";
import { healthOf } from "./health.ts";
import { oneLine, shortRevision } from "../../src/flux/ready.ts";
import { nextStep } from "./remedies.ts";
import { isSettled, newRequest, request } from "../../src/flux/request.ts";
import { watchUntil } from "./watch.ts";
import { readObject, wordOf, type Target } from "./target.ts";
import { StepError } from "../../src/steps/stepError.ts";

/** What an action works with. */
export interface Scene {
  readonly kubernetes: Kubernetes;
  readonly target: Target;
  readonly end: number;
  readonly signal: AbortSignal;
  readonly say: (line: string) => void;
}

/** An action. @returns whether the object is as it should be afterwards */
export type Action = (scene: Scene) => Promise<boolean>;

/** Suspends it. */
async function suspend(scene: Scene): Promise<boolean> {
  const { kubernetes, target, say } = scene;
  const object = await readObject(kubernetes, target);
  refuseHandOff(object, "suspend", "true");
  const word = wordOf(target);
  const back = `npm run flux -- resume ${word}`;
  const parent = parentOf(object);
  const stays = `it stays so, also when ${parent ?? "its manifest"} is applied again and when maintenance ends; back with: ${back}`;
  if (isSuspended(object) && object.metadata?.annotations?.[suspendedByConfig] === undefined)
    say(`${nameOf(object)} is suspended already: ${stays}`);
  else {
    // From now on it is a person's: resuming everything leaves it alone.
    await kubernetes.change(object, {
      metadata: { annotations: { [suspendedByConfig]: null } },
      spec: { suspend: true },
    });
    say(`${nameOf(object)} is suspended: ${stays}`);
  }
  if (object.kind === "Kustomization")
    say("what it has applied before goes on; Kustomizations below it are not suspended with it");
  return true;
}

/** Resumes it and waits for the outcome. */
async function resume(scene: Scene): Promise<boolean> {
  const { kubernetes, target, say } = scene;
  const object = await readObject(kubernetes, target);
  refuseHandOff(object, "resume", "false");
  if (!isSuspended(object)) {
    say(`${nameOf(object)} is not suspended; it is looked at now`);
    return reconcile(scene);
  }
  const id = newRequest();
  await request(kubernetes, object, id, {
    annotations: { [suspendedByConfig]: null },
    spec: { suspend: null },
  });
  say(`${nameOf(object)} is resumed`);
  return target.kind.isReconciled ? outcome(scene, id) : true;
}

/** Has it looked at and waits for the outcome. */
async function reconcile(scene: Scene): Promise<boolean> {
  const { kubernetes, target } = scene;
  const object = await readObject(kubernetes, target);
  if (!target.kind.isReconciled)
    throw new StepError(
      `there is nothing to reconcile in an object of kind ${target.kind.kind}: Flux reads it at every event`,
    );
  refuseSuspended(object, target, "looked at");
  const id = newRequest();
  await request(kubernetes, object, id);
  return outcome(scene, id);
}

/** Applies it once more although nothing has changed. */
async function force(scene: Scene): Promise<boolean> {
  const { kubernetes, target, say } = scene;
  const object = await readObject(kubernetes, target);
  refuseSuspended(object, target, "forced");
  const id = newRequest();
  if (target.kind.kind === "HelmRelease") {
    say(`${nameOf(object)}: Helm upgrades it once more, with the count of its failures at zero`);
    await request(kubernetes, object, id, {
      annotations: { "reconcile.fluxcd.io/forceAt": id, "reconcile.fluxcd.io/resetAt": id },
    });
    return outcome(scene, id);
  }
  if (target.kind.kind !== "Kustomization")
    throw new StepError(
      "force is for a HelmRelease or a Kustomization",
      `npm run flux -- reconcile ${wordOf(target)}`,
    );
  return forceKustomization(scene, object, id);
}

/** Flux has no force for once: the spec says it for as long as the look takes. */
async function forceKustomization(scene: Scene, object: KubeObject, id: string): Promise<boolean> {
  const { kubernetes, say } = scene;
  if (isHandOff(object))
    throw new StepError(
      `${nameOf(object)} is Pulumi's`,
      "set spec.force in its file in the tree, then npm run up",
    );
  say(
    `${nameOf(object)}: objects with a field that cannot be changed in place are deleted and made anew, this once`,
  );
  const before = object.spec?.["force"] ?? null;
  await request(kubernetes, object, id, { spec: { force: true } });
  try {
    return await outcome(scene, id);
  } finally {
    await kubernetes.change(object, { spec: { force: before } });
  }
}

/** Waits for the end of the look that was asked for and prints what became of it. */
async function outcome(scene: Scene, id: string): Promise<boolean> {
  const { kubernetes, target, end, signal, say } = scene;
  let object: KubeObject | undefined;
  const settled = await watchUntil(end, signal, async () => {
    object = await readObject(kubernetes, target);
    return isSettled(object, id);
  });
  const ready = object === undefined ? undefined : conditionOf(object, "Ready");
  const message = oneLine(ready?.message ?? "its controller has not looked at it");
  if (!settled || object === undefined) {
    const { kind, namespace, name } = target;
    say(`${kind.kind} ${namespace}/${name} is not there yet: ${message}; Flux goes on by itself`);
    return false;
  }
  if (ready?.status === "True") {
    const revision = String(object.status?.["lastAppliedRevision"] ?? "");
    say(`${nameOf(object)} is Ready: ${revision === "" ? message : `applied ${shortRevision(revision)}`}`);
    return true;
  }
  const name = nameOf(object);
  const health = healthOf(await gatherFlux(kubernetes)).find((other) => other.name === name);
  say(`${name} is not Ready (${ready?.reason ?? ""}): ${message}`);
  say(`  → ${health === undefined ? "npm run doctor -- --cluster" : nextStep(health)}`);
  return false;
}

function refuseHandOff(object: KubeObject, verb: string, value: string): void {
  if (!isHandOff(object)) return;
  throw new StepError(
    `${nameOf(object)} is Pulumi's, and the next up would undo it`,
    `to ${verb} everything, write suspend: ${value} in the stack config, then npm run up`,
  );
}

function refuseSuspended(object: KubeObject, target: Target, what: string): void {
  if (!isSuspended(object)) return;
  const todo = isHandOff(object)
    ? "write suspend: false in the stack config, then npm run up"
    : `npm run flux -- resume ${wordOf(target)}`;
  throw new StepError(`${nameOf(object)} is suspended and cannot be ${what}`, todo);
}

/** All actions by name. */
export const actions: Readonly<Record<string, Action>> = { suspend, resume, reconcile, force };
