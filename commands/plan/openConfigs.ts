// Machine configs that a preview hides, opened: what each machine has, from the state, and what it gets, from the program,
// which has hidden its secrets already. Both hide a value behind the same mark, so that it can be compared.
import { shownBase } from "../../src/talos/machine/shownDocuments.ts";
import { Masker } from "../../src/steps/mask.ts";
import { machineConfigOf } from "./machineConfig.ts";
import { nameOf, type PreviewDigest, type PreviewStep } from "./preview.ts";
import { leavesOf } from "../pulumi/secrets.ts";
import { hasMark, plainOf, type StateResource } from "../pulumi/state.ts";

/** Both sides of what is opened. */
export interface Configs {
  readonly state: readonly Pick<StateResource, "urn" | "inputs">[];
  readonly documents: ReadonlyMap<string, readonly unknown[]>;
  readonly maskKey: string;
}

/** The preview with `config` in place of base config and patches wherever both sides are known. */
export function openConfigs(digest: PreviewDigest, { state, documents, maskKey }: Configs): PreviewDigest {
  const byUrn = new Map(state.map((resource) => [resource.urn, resource]));
  const open = (step: PreviewStep): PreviewStep => {
    const machine = /^talos-(.+)-config$/.exec(nameOf(step.urn))?.[1];
    const after = documents.get(machine ?? "");
    const before = byUrn.get(step.urn)?.inputs;
    if (after === undefined || before === undefined) return step;
    return {
      ...step,
      ...opened("oldState", step, shownBefore(before, after, new Masker(maskKey))),
      ...opened("newState", step, after),
    };
  };
  return { ...digest, steps: (digest.steps ?? []).map(open) };
}

function opened(
  side: "oldState" | "newState",
  step: PreviewStep,
  documents: readonly unknown[],
): Partial<PreviewStep> {
  const state = step[side];
  if (state?.inputs === undefined) return {};
  const { machineConfigurationInput: _base, configPatches: _patches, ...rest } = state.inputs;
  const config = machineConfigOf(documents.map((document) => JSON.stringify(document)));
  return { [side]: { ...state, inputs: { ...rest, config } } };
}

/**
 * What the machine has, its secrets hidden. Of patches that the state has as secrets nobody knows any more which of their
 * values was one: shown is what the new config shows too.
 */
function shownBefore(
  inputs: Readonly<Record<string, unknown>>,
  after: readonly unknown[],
  masker: Masker,
): readonly unknown[] {
  const texts = (plainOf(inputs["configPatches"] ?? []) as readonly unknown[]).map(String);
  const patches = texts.map((text) => JSON.parse(text) as unknown);
  const inClear = hasMark(inputs["configPatches"]) ? new Set(leavesOf(after)) : undefined;
  return [
    ...shownBase(String(plainOf(inputs["machineConfigurationInput"]) ?? ""), masker),
    ...patches.map((patch) => (inClear === undefined ? masker.hide(patch) : hideBut(inClear, patch, masker))),
  ];
}

function hideBut(inClear: ReadonlySet<unknown>, value: unknown, masker: Masker): unknown {
  if (Array.isArray(value)) return value.map((item) => hideBut(inClear, item, masker));
  if (typeof value === "object" && value !== null)
    return Object.fromEntries(
      Object.entries(value).map(([key, inner]) => [key, hideBut(inClear, inner, masker)]),
    );
  return inClear.has(value) ? value : masker.hideAll(value);
}
