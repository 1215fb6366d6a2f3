// What the program takes from its environment; nothing else in the program reads process.env (the steps do, see
// src/steps/step.ts).
import { homedir } from "node:os";

/** The environment as far as it matters. */
export interface Environment {
  /** Absolute path of the home directory, for `~`. */
  readonly home: string;
  /** Whether there is a token for GitHub. The token itself stays in the environment, where the GitHub provider finds it. */
  readonly hasGithubToken: boolean;
  /** Folder for Flux's install bundles and the machines' configs, set by `npm run plan` alone, which compares them. */
  readonly bundleFolder?: string | undefined;
  /** Key of the marks behind which secrets in those configs are hidden, set by `npm run plan` alone; a secret. */
  readonly maskKey?: string | undefined;
}

/** Reads it. */
export function readEnvironment(): Environment {
  return {
    home: homedir(),
    hasGithubToken: (process.env["GITHUB_TOKEN"] ?? "") !== "",
    bundleFolder: process.env["HOME_OPS_BUNDLE_FOLDER"],
    maskKey: process.env["HOME_OPS_MASK_KEY"],
  };
}
