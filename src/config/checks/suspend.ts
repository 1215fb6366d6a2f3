// When Flux can be suspended: it must be there, and a new version of it must not be asked for in the same run.
import type { ReachedVersions } from "../reached.ts";
import { problem, type Problem } from "../problem.ts";
import type { Values } from "../readStack.ts";

/** What is wrong with `suspend: true` between what the last run reached and what is asked for now. */
export function checkSuspend(
  values: Values,
  reached: ReachedVersions,
  wanted: ReachedVersions,
): readonly Problem[] {
  if (values.suspend !== true) return [];
  if (reached.flux === undefined)
    return [
      problem(
        "suspend",
        "is true, but no run has handed a cluster over to Flux yet, so there is nothing to suspend",
        "write false until the first pulumi up has finished",
      ),
    ];
  if (wanted.flux === undefined || wanted.flux === reached.flux) return [];
  return [
    problem(
      "suspend",
      `is true, but Flux is to go from ${reached.flux} to ${wanted.flux}, which it does by itself and cannot while it is suspended`,
      "write false for the bump and suspend afterwards, or take the OCIRepository's tag back until then",
    ),
  ];
}
