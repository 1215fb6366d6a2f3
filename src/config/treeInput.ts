// The Git tree as input of the program: read once, its mistakes reported beside those of the stack config.
import { statSync } from "node:fs";
import type { Tree } from "../../tree/index.ts";
import { messageOf } from "../steps/stepError.ts";
import { problem, type Problem } from "./problem.ts";
import { valueAt } from "./walk.ts";

/** What reading the tree gave. */
export interface TreeInput {
  /** Undefined when it could not be read at all. */
  readonly value?: Tree;
  readonly found: readonly Problem[];
}

/** Reads the tree at `root` (absolute) with `readTree`. */
export function readTreeInput(root: string, readTree: (root: string) => Tree): TreeInput {
  if (statSync(root, { throwIfNoEntry: false })?.isDirectory() !== true)
    return {
      found: [
        problem(
          "tree",
          `${root} is not a folder`,
          "clone the repository of the cluster there, or correct tree in the stack config",
        ),
      ],
    };
  try {
    const value = readTree(root);
    const missing = value.missingSecrets.map((file) =>
      problem(
        file,
        "is missing: the tree has only its example",
        `make it: cp ${file}.example ${file}, put your values in, sops encrypt --in-place ${file}, commit and push`,
      ),
    );
    const wrong = value.problems.map((text) => problem("tree", text, "fix the tree, commit and push"));
    return { value, found: [...missing, ...wrong] };
  } catch (error) {
    return {
      found: [problem("tree", messageOf(error), "fix the tree, or correct tree in the stack config")],
    };
  }
}

/** What the tree's GitRepository says about where the tree lies. */
export function gitRepositoryOf(tree: Tree): { readonly url?: string; readonly branch?: string } {
  const { url, ref } = (valueAt(tree.gitRepository, ["spec"]) ?? {}) as {
    readonly url?: string;
    readonly ref?: { readonly branch?: string };
  };
  return { url, branch: ref?.branch };
}
