// The Git tree as input of the program: read once, its mistakes reported beside those of the stack config.
import { existsSync, statSync } from "node:fs";
import type { Tree } from "../../tree/index.ts";
import { problem, type Problem } from "./problem.ts";
import { messageOf } from "../steps/stepError.ts";

/** What reading the tree gave. */
export interface TreeInput {
  /** Undefined when it could not be read at all. */
  readonly value?: Tree;
  readonly problems: readonly Problem[];
}

/** Reads the tree at `root` (absolute) with `readTree`. */
export function readTreeInput(root: string, readTree: (root: string) => Tree): TreeInput {
  if (!existsSync(root) || !statSync(root).isDirectory())
    return {
      problems: [
        problem(
          "tree",
          `${root} is not a folder`,
          "clone the repository of the cluster there, or correct tree in the stack config",
        ),
      ],
    };
  try {
    const value = readTree(root);
    return { value, problems: [...missingSecrets(value), ...value.problems.map(treeProblem)] };
  } catch (error) {
    const reason = messageOf(error);
    return { problems: [problem("tree", reason, "fix the tree, or correct tree in the stack config")] };
  }
}

/** What the tree's GitRepository says about where the tree lies. */
export function gitRepositoryOf(tree: Tree): {
  readonly url: string | undefined;
  readonly branch: string | undefined;
} {
  const spec = (tree.gitRepository as { spec?: { url?: string; ref?: { branch?: string } } }).spec;
  return { url: spec?.url, branch: spec?.ref?.branch };
}

function missingSecrets(tree: Tree): readonly Problem[] {
  return tree.missingSecrets.map((file) =>
    problem(
      file,
      "is missing: the tree has only its example",
      `make it: cp ${file}.example ${file}, put your values in, sops encrypt --in-place ${file}, commit and push`,
    ),
  );
}

function treeProblem(text: string): Problem {
  return problem("tree", text, "fix the tree, commit and push");
}
