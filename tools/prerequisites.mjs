// Checks what must be on this computer before anything is installed or built, and names all that is wrong at once.
// Run: `node tools/prerequisites.mjs`; exit status 1 when something is missing.
//
// Plain JavaScript without packages, in the syntax of Node 12: it has to get far enough to say "Node is too old".
import { execFileSync } from "child_process";
import { existsSync, readdirSync } from "fs";
import { homedir } from "os";
import { dirname, join, resolve } from "path";
import process from "process";
import { fileURLToPath } from "url";

/** Lowest versions, and gigabytes of free disk. */
export const minimum = { node: "20.0", git: "2.30", go: "1.26", diskBuilt: 3, diskToBuild: 25 };

/** Recipe folders that a lab's programs are built from; a test holds them to programs.ts. */
export const groups = [
  "misc",
  "etcd",
  "talosctl",
  "language-host",
  "kwok",
  "kube-1.35",
  "flux-2.9",
  "cluster-build",
  "pulumi",
  "kubernetes-provider",
];

/** The first `1.2` or `1.2.3` in a text; undefined when there is none. */
export function versionIn(text) {
  const found = /\d+\.\d+(\.\d+)?/.exec(text || "");
  return found === null ? undefined : found[0];
}

/** Whether a version such as `2.39.5` is at least `2.30`. */
export function atLeast(version, wanted) {
  const have = version.split(".").map(Number);
  const want = wanted.split(".").map(Number);
  for (let at = 0; at < want.length; at += 1) {
    const part = have[at] || 0;
    if (part !== want[at]) return part > want[at];
  }
  return true;
}

/** Gigabytes that building needs while the programs of `missing` groups are still to be built. */
export function neededDisk(missing) {
  const perGroup = (minimum.diskToBuild - minimum.diskBuilt) / groups.length;
  return Math.round(minimum.diskBuilt + perGroup * missing.length);
}

/** Everything that is wrong with these facts, one sentence each; empty when the computer will do. */
export function problemsIn(facts) {
  const problems = [];
  if (facts.platform !== "linux")
    problems.push(
      "this system is " +
        (facts.platform === "darwin" ? "macOS" : facts.platform) +
        "; needed is Linux: work in a Linux virtual machine (the lab gives each machine a loopback address of its own, 127.10.x.y, which only Linux has without further setup)",
    );
  const program = (name, found, least, todo) => {
    const needs = name + (least === undefined ? "" : " >= " + least);
    if (found === undefined) problems.push(needs + " is missing: " + todo);
    else if (least !== undefined && !atLeast(found, least))
      problems.push(name + " is " + found + ", needed is " + least + " or newer: " + todo);
  };
  program("Node", facts.node, minimum.node, "install it with your package manager, mise or nvm");
  program("npm", facts.npm, undefined, "it comes with Node; some distributions have it in a package `npm`");
  program("Git", facts.git, minimum.git, "install the package `git`");
  program("make", facts.make, undefined, "install the package `make`");
  program("ssh", facts.ssh, undefined, "install the package `openssh-client` (or `openssh`)");
  if (facts.toBuild.length > 0)
    program(
      "Go",
      facts.go,
      minimum.go,
      "install it from https://go.dev/dl or with mise; Go 1.21 or newer fetches the right one itself unless GOTOOLCHAIN is `local`",
    );
  const needed = neededDisk(facts.toBuild);
  if (facts.freeGigabytes !== undefined && facts.freeGigabytes < needed)
    problems.push(
      "free disk space at " +
        facts.disk +
        " is " +
        facts.freeGigabytes +
        " GB, needed are " +
        needed +
        " GB" +
        (facts.toBuild.length > 0
          ? " (Go's caches, while programs are being built): make room, or set GOCACHE, GOMODCACHE and XDG_CACHE_HOME to folders on a larger disk"
          : ": make room"),
    );
  return problems;
}

/** Where the built programs lie. `${XDG_CACHE_HOME:-~/.cache}/home-ops/tools` */
export function toolsCache(env) {
  return join(env["XDG_CACHE_HOME"] || join(homedir(), ".cache"), "home-ops", "tools");
}

/** Groups of which nothing has been built yet. */
export function groupsToBuild(cache) {
  const there = existsSync(cache) ? readdirSync(cache) : [];
  return groups.filter((group) => !there.some((name) => name.startsWith(group + "-")));
}

/** What a command prints; undefined when it is not there or fails. */
function output(command, words, options) {
  try {
    const quiet = { encoding: "utf8", stdio: ["ignore", "pipe", "ignore"], timeout: 180000 };
    return execFileSync(command, words, Object.assign(quiet, options));
  } catch {
    // It is missing: that is an answer.
    return undefined;
  }
}

/** Go's version where the recipes are, so that a newer toolchain that Go fetches by itself counts. */
function goVersion(tools) {
  const inRecipe = output("go", ["version"], { cwd: join(tools, "recipes", "pulumi") });
  return versionIn(inRecipe || output("go", ["version"], { cwd: "/" }));
}

/** The version of a program of which any will do. */
function anyVersion(command, words) {
  const text = output(command, words);
  return text === undefined ? undefined : versionIn(text) || "found";
}

function gather(tools, env) {
  const cache = toolsCache(env);
  let disk = resolve(cache);
  while (!existsSync(disk)) disk = dirname(disk);
  const table = (output("df", ["-Pk", disk]) || "").trim().split("\n");
  const free = Number((table[table.length - 1] || "").split(/\s+/)[3]);
  const toBuild = groupsToBuild(cache);
  return {
    platform: process.platform,
    node: process.versions.node,
    npm: anyVersion("npm", ["--version"]),
    git: versionIn(output("git", ["--version"])),
    make: anyVersion("make", ["--version"]),
    // It prints its version on the error stream.
    ssh: anyVersion("sh", ["-c", "ssh -V 2>&1"]),
    go: toBuild.length > 0 ? goVersion(tools) : undefined,
    toBuild,
    disk,
    freeGigabytes: free > 0 ? Math.floor(free / 1024 / 1024) : undefined,
  };
}

if (process.argv[1] !== undefined && resolve(process.argv[1]) === fileURLToPath(import.meta.url)) {
  const problems = problemsIn(gather(dirname(fileURLToPath(import.meta.url)), process.env));
  if (problems.length > 0) {
    const heading = problems.length === 1 ? "One thing is" : problems.length + " things are";
    const lines = problems.map((problem) => "  - " + problem + "\n").join("");
    process.stderr.write(heading + " missing before home-ops can start:\n\n" + lines + "\n");
    process.exitCode = 1;
  }
}
