/** What was found on a computer; a version is undefined when the program is missing. */
export interface Facts {
  readonly platform: string;
  readonly node: string | undefined;
  readonly npm: string | undefined;
  readonly git: string | undefined;
  readonly make: string | undefined;
  readonly ssh: string | undefined;
  readonly go: string | undefined;
  /** Groups that are still to be built. */
  readonly toBuild: readonly string[];
  /** Folder whose disk was looked at. */
  readonly disk: string;
  readonly freeGigabytes: number | undefined;
}

export declare const minimum: {
  readonly node: string;
  readonly git: string;
  readonly go: string;
  readonly diskBuilt: number;
  readonly diskToBuild: number;
};
export declare const groups: readonly string[];
export declare function versionIn(text: string | undefined): string | undefined;
export declare function atLeast(version: string, wanted: string): boolean;
export declare function neededDisk(missing: readonly string[]): number;
export declare function problemsIn(facts: Facts): string[];
export declare function toolsCache(env: Readonly<Record<string, string | undefined>>): string;
export declare function groupsToBuild(cache: string): string[];
