// Something that is wrong with a tree.

/** What is wrong, where, and what to do about it. */
export interface Finding {
  /** Relative to the tree. */
  readonly file: string;
  readonly line: number;
  /** What was found, and what was expected. */
  readonly message: string;
  /** What to do. */
  readonly fix: string;
}

/** A finding in one line, e.g. `flux/config/flux.yaml:12: Kustomization flux has postBuild; remove it`. */
export function findingText({ file, line, message, fix }: Finding): string {
  return `${file}:${String(line)}: ${message}; ${fix}`;
}
