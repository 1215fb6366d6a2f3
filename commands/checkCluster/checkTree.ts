// Applies all rules to a tree.
import { compareVersions, minorOf } from "../../src/versions/version.ts";
import { handOffFiles, inRepository, readModel, type Finding, type TreeModel } from "../../tree/index.ts";
import { buildModel } from "./builds.ts";

import type { CheckContext } from "./rule.ts";
import { rules } from "./rules.ts";
import { stacksOf, type StackPins } from "./stackPins.ts";

/** A finding as it is reported: its file is relative to the root of the repository. */
export interface Reported extends Finding {
  readonly rule: string;
}

/** What is asked for. */
export interface CheckRequest {
  readonly tree: string;
  /** Absolute path of the project, whose stack files may name the tree. */
  readonly project: string;
  /** e.g. `v1.36`; default: what the stack file pins. */
  readonly kubernetes?: string | undefined;
  /** Whether the program cluster-build is asked, where it is there. Default: true. */
  readonly isBuilt?: boolean;
}

/** What came of it. */
export interface CheckResult {
  readonly findings: readonly Reported[];
  readonly kustomizations: number;
  readonly files: number;
  readonly leftOut: readonly string[];
}

/** Checks a tree. @throws StepError when the program cluster-build fails */
export async function checkTree({
  tree,
  project,
  kubernetes,
  isBuilt = true,
}: CheckRequest): Promise<CheckResult> {
  const model = readModel(tree);
  const { answers, leftOut } = isBuilt ? await buildModel(model) : { answers: [], leftOut: [] };
  const stacks = stacksOf(tree, model.place.repository, project);
  const context: CheckContext = {
    model,
    stacks,
    builds: answers,
    isHandOff: isHandOff(model, stacks),
    kubernetes: kubernetes ?? newest(stacks.flatMap((stack) => stack.kubernetes?.version ?? [])),
  };
  const found = rules.flatMap(({ name: rule, check }) =>
    check(context).map(({ file, line, message, fix }) => ({ file, line, rule, message, fix })),
  );
  return {
    findings: ordered(found.filter((finding) => !isIgnored(model, finding))).map((finding) => ({
      ...finding,
      file: inRepository(model.place, finding.file),
    })),
    leftOut,
    kustomizations: model.kustomizations.length,
    files: model.files.files().length,
  };
}

/** Whether the tree is one of this program's: it has a stack file, or objects that are marked as handed over. */
function isHandOff({ kustomize, files }: TreeModel, stacks: readonly StackPins[]): boolean {
  const paths = Object.values(handOffFiles);
  const objects = paths.flatMap((path) => kustomize.objects(path));
  const isMarked = objects.some(
    ({ data }) =>
      data.metadata.annotations?.["kustomize.toolkit.fluxcd.io/reconcile"] === "disabled" ||
      (data.kind === "GitRepository" && data.metadata.name === "home-cluster"),
  );
  return isMarked || (stacks.length > 0 && paths.some((path) => files.kindOf(path) === "file"));
}

function newest(versions: readonly string[]): string | undefined {
  return versions
    .filter((version) => minorOf(version) !== undefined)
    .toSorted((a, b) => compareVersions(b, a))[0];
}

/** Said on the finding's line or on the one before. */
function isIgnored({ files }: TreeModel, { file, line, rule }: Reported): boolean {
  const lines = (files.text(file) ?? "").split("\n");
  return [lines[line - 1], lines[line - 2]].some((text) =>
    new RegExp(String.raw`#.*check:cluster ignore ([\w-]+, ?)*${rule}(?![\w-])`).test(text ?? ""),
  );
}

/** By file and line; each only once, also where two Kustomizations apply the same file. */
function ordered(findings: readonly Reported[]): readonly Reported[] {
  const unique = new Map(findings.map((finding) => [JSON.stringify(finding), finding]));
  return [...unique.values()].sort(
    (a, b) =>
      compare(a.file, b.file) || a.line - b.line || compare(a.rule, b.rule) || compare(a.message, b.message),
  );
}

function compare(one: string, other: string): number {
  return one < other ? -1 : one > other ? 1 : 0;
}
