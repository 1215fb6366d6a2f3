// A small tool project of its own: recipes, groups, a folder with a fake `go` to put on PATH, and a cache.
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { EnsureToolsOptions } from "../../tools/ensureTools.ts";
import type { Group } from "../../tools/programs.ts";

/** Notes each call, then writes what it is told to build; or fails as the file `fail` says. */
const fakeGo = `#!/bin/sh
echo "$@" >> "$FAKE_GO/calls"
env > "$FAKE_GO/environment"
out=
while [ $# -gt 1 ]; do [ "$1" = -o ] && out=$2; shift; done
if [ -f "$FAKE_GO/fail" ]; then echo half > "$out"; cat "$FAKE_GO/fail" >&2; exit 2; fi
if [ -f "$FAKE_GO/hang" ]; then echo half > "$out"; echo $$ > "$FAKE_GO/pid"; sleep 60; fi
echo "built $1" > "$out"
chmod +x "$out"
`;

/** Everything of one test. */
export class Fixture {
  readonly folder = mkdtempSync(join(tmpdir(), "tools-test-"));
  readonly bin = join(this.folder, "bin");
  readonly recipes = join(this.folder, "recipes");
  readonly env = {
    PATH: `${this.bin}:/usr/bin:/bin`,
    XDG_CACHE_HOME: join(this.folder, "cache"),
    FAKE_GO: this.folder,
    HOME: this.folder,
    GOFLAGS: "-mod=mod",
  };
  readonly cache = join(this.folder, "cache", "home-ops", "tools");
  written = "";
  readonly groups: Group[] = [
    {
      name: "one",
      tags: "some,tags",
      values: ["main.version=v1.2.3"],
      programs: [
        {
          key: "alpha",
          output: "alpha",
          package: "example.org/alpha",
          seconds: 65,
          probe: { command: "alpha", words: ["version"], version: "1.2.3" },
        },
        { key: "beta@1", output: "beta", package: "example.org/beta", values: [], seconds: 2 },
      ],
    },
    { name: "two", programs: [{ key: "gamma", output: "gamma", package: ".", seconds: 3 }] },
  ];

  constructor() {
    mkdirSync(this.bin);
    this.program("go", fakeGo);
    for (const { name } of this.groups) {
      mkdirSync(join(this.recipes, name), { recursive: true });
      writeFileSync(join(this.recipes, name, "go.mod"), `module ${name}\n`);
      writeFileSync(join(this.recipes, name, "go.sum"), "sums\n");
    }
  }

  /** Puts a script on PATH. */
  program(name: string, text: string, folder = this.bin): string {
    mkdirSync(folder, { recursive: true });
    const path = join(folder, name);
    writeFileSync(path, text);
    chmodSync(path, 0o755);
    return path;
  }

  options(keys: readonly string[]): EnsureToolsOptions {
    const output = { write: (text: string) => void (this.written += text) };
    return { keys, env: this.env, recipes: this.recipes, groups: this.groups, output };
  }

  /** What the fake go was called with, one line each. */
  get calls(): readonly string[] {
    const file = join(this.folder, "calls");
    return existsSync(file) ? readFileSync(file, "utf8").trim().split("\n") : [];
  }

  file(name: string, text: string): void {
    writeFileSync(join(this.folder, name), text);
  }

  read(name: string): string {
    return readFileSync(join(this.folder, name), "utf8");
  }

  remove(): void {
    rmSync(this.folder, { recursive: true, force: true });
  }
}
