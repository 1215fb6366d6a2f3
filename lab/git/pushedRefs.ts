// What a push has changed: the branches and tags of a repository after it, compared with those before.
import { execFile, execFileSync } from "node:child_process";
import { promisify } from "node:util";
import { gitEnvironment, repositoryPath } from "./repositories.ts";

/** A branch or tag that a push has made, moved or removed. */
export interface PushedRef {
  readonly owner: string;
  readonly repository: string;
  /** e.g. `refs/heads/main` */
  readonly ref: string;
  /** Commit before it; forty zeros when there was none. */
  readonly before: string;
  /** Commit after it; forty zeros when there is none. */
  readonly after: string;
}

interface Repository {
  readonly owner: string;
  readonly repository: string;
}

type Refs = ReadonlyMap<string, string>;

const nothing = "0".repeat(40);
const listing = ["for-each-ref", "--format=%(refname) %(objectname)"];

/** Follows the refs of all repositories. Nobody who pushes waits for it, but for the reading of refs at a first push. */
export class PushedRefs {
  readonly #root: string;
  readonly #pushed: (ref: PushedRef) => void;
  readonly #log: (line: string) => void;
  readonly #known = new Map<string, Refs>();
  /** One look after the other: a later one must not be overtaken by an earlier one. */
  #looks: Promise<void> = Promise.resolve();

  constructor(root: string, pushed: (ref: PushedRef) => void, log: (line: string) => void) {
    this.#root = root;
    this.#pushed = pushed;
    this.#log = log;
  }

  /** Before a push. From the second one on they are known from the last. */
  begin(repository: Repository): void {
    const path = this.#pathOf(repository);
    if (this.#known.has(path)) return;
    const options = { encoding: "utf8", env: gitEnvironment(this.#root) } as const;
    try {
      this.#known.set(path, refsIn(execFileSync("git", ["-C", path, ...listing], options)));
    } catch (error) {
      // The push goes on; what it changes is not told.
      this.#log(`refs before a push: ${String(error)}`);
    }
  }

  /** After a push, whether it has succeeded or not. */
  end(repository: Repository): void {
    this.#looks = this.#looks
      .then(() => this.#look(repository))
      .catch((error: unknown) => {
        this.#log(`refs after a push: ${String(error)}`);
      });
  }

  async #look(repository: Repository): Promise<void> {
    const path = this.#pathOf(repository);
    const { stdout } = await promisify(execFile)("git", ["-C", path, ...listing], {
      env: gitEnvironment(this.#root),
    });
    const before = this.#known.get(path);
    const after = refsIn(stdout);
    this.#known.set(path, after);
    if (before === undefined) return;
    const { owner, repository: name } = repository;
    for (const ref of new Set([...before.keys(), ...after.keys()])) {
      const [from, to] = [before.get(ref) ?? nothing, after.get(ref) ?? nothing];
      if (from !== to) this.#pushed({ owner, repository: name, ref, before: from, after: to });
    }
  }

  #pathOf({ owner, repository }: Repository): string {
    return repositoryPath(this.#root, owner, repository);
  }
}

function refsIn(text: string): Refs {
  return new Map(
    text
      .split("\n")
      .filter((line) => line !== "")
      .map((line) => line.split(" ") as [string, string]),
  );
}
