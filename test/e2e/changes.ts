// What a preview says, as data: exactly which inputs of which resources change.
import { expect } from "@jest/globals";
import type { TestLab } from "./testLab.ts";

/** A step of `pulumi preview --json`. Source: pulumi/pulumi pkg/display/json.go. */
interface PreviewStep {
  readonly op: string;
  readonly urn: string;
  readonly oldState?: { readonly inputs?: unknown };
  readonly newState?: { readonly inputs?: unknown };
}

/** What says nothing to people is named only by its path. */
const unreadable = /\.CONFIG_HASH$|^configPatches\[/;
const longestText = 80;

/**
 * All changes that a preview shows, sorted, e.g. `talos-k8s-1-os update environment.TALOS_VERSION: v1.11.6 → v1.12.0`; of
 * long texts only `talos-k8s-1-config update configPatches[0]`.
 */
export async function previewChanges(lab: TestLab): Promise<readonly string[]> {
  const output = await lab.ok("pulumi", "preview", "--json", "--non-interactive");
  const { steps } = JSON.parse(output) as { steps: readonly PreviewStep[] };
  return steps
    .filter(({ op }) => op !== "same")
    .flatMap(({ op, urn, oldState, newState }) => {
      const name = `${urn.split("::").at(-1) ?? ""} ${op}`;
      const found = differences(oldState?.inputs, newState?.inputs, "");
      return found.length === 0 ? [name] : found.map((line) => `${name} ${line}`);
    })
    .sort();
}

/** Fails unless a preview shows exactly these changes, in any order. */
export async function assertPreview(lab: TestLab, expected: readonly string[]): Promise<void> {
  expect(await previewChanges(lab)).toStrictEqual([...expected].sort());
}

function differences(before: unknown, after: unknown, path: string): readonly string[] {
  if (JSON.stringify(before) === JSON.stringify(after)) return [];
  if (isContainer(before) && isContainer(after)) {
    const keys = [...new Set([...Object.keys(before), ...Object.keys(after)])];
    return keys.flatMap((key) => {
      const inner = Array.isArray(after) ? `${path}[${key}]` : path === "" ? key : `${path}.${key}`;
      return differences(before[key], after[key], inner);
    });
  }
  const [from, to] = [before, after].map(text);
  return unreadable.test(path) || [from, to].some((one) => (one?.length ?? 0) > longestText)
    ? [path]
    : [`${path}: ${from ?? ""} → ${to ?? ""}`];
}

function isContainer(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null;
}

function text(value: unknown): string {
  return value === undefined ? "nothing" : typeof value === "string" ? value : JSON.stringify(value);
}
