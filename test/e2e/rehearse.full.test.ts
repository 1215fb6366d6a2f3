// A bump that lies in the working tree, rehearsed as a user rehearses it: a home with a repository of its own, which has
// two machines, patches, secrets that only it can read, and versions that cannot be had here.
import assert from "node:assert/strict";
import { execFileSync, spawn, type ChildProcess } from "node:child_process";
import { cpSync, existsSync, mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it, jest } from "@jest/globals";
import { stringify } from "yaml";
import type { Report } from "../../commands/rehearse/report.ts";
import { labExists } from "../../lab/labFile.ts";
import { project } from "./testLab.ts";

jest.setTimeout(900_000);

const lab = "rehearse-twin";
const files = [`.lab/${lab}`, `Pulumi.${lab}.yaml`, `backups/${lab}`].map((file) => join(project, file));

/** Versions before the bump, and those after it where they change. */
const versions = { talos: "v1.13.9", kubernetes: "v1.35.8", cilium: "1.20.0" };
const bumped = { ...versions, kubernetes: "v1.36.3", cilium: "1.20.1" };

describe("npm run rehearse", () => {
  let home: string;
  let stackFile: string;
  beforeAll(() => {
    home = mkdtempSync(join(tmpdir(), "rehearse-home-"));
    stackFile = join(home, "Pulumi.twin.yaml");
    cpSync(join(project, "cluster"), join(home, "cluster"), { recursive: true });
    const vars = join(home, "cluster", "flux", "vars", "cluster-secrets.sops.yaml");
    renameSync(`${vars}.example`, vars);
    writeFileSync(vars, encryptedElsewhere(readFileSync(vars, "utf8")));
    writeStack(versions);
    git("init", "--quiet");
    git("add", ".");
    git("-c", "user.name=me", "-c", "user.email=me@home.example", "commit", "--quiet", "--message", "home");
  });
  afterAll(() => {
    rmSync(home, { recursive: true, force: true });
  });

  const git = (...args: string[]): string => execFileSync("git", ["-C", home, ...args], { encoding: "utf8" });

  function writeStack(wanted: typeof versions): void {
    writeFileSync(stackFile, stringify({ config: stackOf(wanted, join(home, "cluster")) }));
  }

  function start(...options: string[]): ChildProcess & { readonly output: () => Output } {
    const args = ["commands/rehearse.ts", "twin", "--config-file", stackFile, ...options];
    const child = spawn(process.execPath, args, { cwd: project, stdio: ["ignore", "pipe", "pipe"] });
    const output = { stdout: "", stderr: "" };
    child.stdout.setEncoding("utf8").on("data", (text: string) => (output.stdout += text));
    child.stderr.setEncoding("utf8").on("data", (text: string) => (output.stderr += text));
    return Object.assign(child, { output: () => output });
  }

  async function rehearse(...options: string[]): Promise<Output & { code: number | null }> {
    const child = start(...options);
    return { code: await ended(child), ...child.output() };
  }

  const leavesNothing = (): void => expect(files.filter(existsSync)).toStrictEqual([]);

  it("says that there is nothing to rehearse while nothing differs", async () => {
    const { code, stdout } = await rehearse();
    expect(code).toBe(0);
    expect(stdout).toMatch(/twin: there is nothing to rehearse/);
    leavesNothing();
  });

  it("finds a bump that the program would refuse without a lab", async () => {
    writeStack({ ...versions, cilium: "1.18.5" });
    const { code, stdout } = await rehearse("--json");
    assert.equal(code, 1, stdout);
    const { outcome, failure } = JSON.parse(stdout) as Report;
    expect(outcome).toBe("failed");
    expect(failure?.messages.join("\n") ?? "").toMatch(
      /versions\.cilium: the cluster has Cilium 1\.20\.0, asked is 1\.18\.5, 2 minors back → go one minor at a time/,
    );
    leavesNothing();
  });

  it("rehearses a bump with the nearest versions that can be had, and reports what happened", async () => {
    writeStack(bumped);
    const { code, stdout, stderr } = await rehearse("--json");
    assert.equal(code, 0, `${stdout}\n${stderr}`);
    const report = JSON.parse(stdout) as Report;
    expect(report.outcome).toBe("well");
    expect(report.versions?.rehearsed).toStrictEqual({
      talos: { from: "v1.12.9", to: "v1.12.9" },
      kubernetes: { from: "v1.34.4", to: "v1.35.4" },
      cilium: { from: "1.20.0", to: "1.20.1" },
      flux: { from: "v2.9.4", to: "v2.9.4" },
    });
    expect(report.versions?.notes.map((note) => note.split(" ")[0])).toStrictEqual(["Talos", "Kubernetes"]);
    expect(report.versions?.notes[1] ?? "").toMatch(
      /v1\.35\.8 and v1\.36\.3 .* rehearsed as v1\.34\.4 → v1\.35\.4/,
    );
    expect(report.versions?.notRehearsed).toStrictEqual([]);
    expect(report.left.length).toBe(1);
    expect(report.left[0] ?? "").toMatch(/patches\.common\[1\]: .*HolographicConfig/);

    expect(report.machines?.map(({ name, did }) => ({ name, kubernetes: did[0] }))).toStrictEqual(
      ["alpha", "nas"].map((name) => ({ name, kubernetes: "Kubernetes v1.34.4 → v1.35.4" })),
    );
    const changed = report.cluster?.map(({ name, op }) => `${op} ${name}`) ?? [];
    assert.ok(changed.includes("update cluster-cilium"), changed.join(", "));
    assert.ok(
      changed.some((name) => name.endsWith(" talos-kubernetes")),
      changed.join(", "),
    );
    expect(report.surprises).toStrictEqual([]);
    expect(report.silenceSeconds ?? Infinity).toBeLessThan(30);
    expect(report.afterwards?.waiting).toStrictEqual([]);
    expect(report.afterwards?.ready).toBeGreaterThan(5);
    expect(report.afterwards?.stillToDo).toStrictEqual([]);

    assert.match(stderr, /talos-kubernetes/, "shows what is going on");
    expect(git("status", "--porcelain")).toBe(" M Pulumi.twin.yaml\n");
    leavesNothing();
  });

  it("removes its lab when it is interrupted", async () => {
    writeStack(bumped);
    const child = start();
    await new Promise<void>((resolve, reject) => {
      child.stderr?.on("data", () => {
        if (child.output().stderr.includes("talos-alpha-config creating")) resolve();
      });
      child.once("close", () => reject(new Error(`ended by itself: ${child.output().stderr}`)));
    });
    expect(labExists(project, lab)).toBeTruthy();
    child.removeAllListeners("close");
    child.kill("SIGINT");
    assert.equal(await ended(child), 130, child.output().stderr);
    leavesNothing();
  });
});

interface Output {
  readonly stdout: string;
  readonly stderr: string;
}

function ended(child: ChildProcess): Promise<number | null> {
  return new Promise((resolve) => child.once("close", resolve));
}

/** What a file looks like that is encrypted to a key that nobody here has. */
function encryptedElsewhere(text: string): string {
  const values = text.replaceAll(
    /^( {2}[A-Z_]+): .*$/gm,
    "$1: ENC[AES256_GCM,data:eA==,iv:eQ==,tag:eg==,type:str]",
  );
  return `${values}sops:\n  age:\n    - recipient: age1${"q".repeat(58)}\n      enc: x\n`;
}

function stackOf(wanted: typeof versions, tree: string): Record<string, unknown> {
  return {
    "pulumi:disable-default-providers": ["kubernetes", "github"],
    "home-ops:cluster": { name: "twin", endpoint: "https://192.0.2.10:6443", talosContract: "v1.13" },
    "home-ops:network": { nodeCidr: "192.0.2.0/24", podCidr: "10.32.0.0/16", serviceCidr: "10.64.0.0/16" },
    "home-ops:versions": wanted,
    "home-ops:schematicId": "5".repeat(64),
    "home-ops:nodes": [
      { name: "alpha", address: "192.0.2.11", role: "controlplane", disk: "/dev/nvme0n1" },
      { name: "nas", address: "192.0.2.21", role: "worker", disk: "/dev/sda", schematicId: "6".repeat(64) },
    ],
    "home-ops:patches": {
      common: [
        { machine: { time: { servers: ["192.0.2.1"] } } },
        { apiVersion: "v1alpha1", kind: "HolographicConfig", name: "of a Talos that is yet to come" },
      ],
      controlplane: [{ apiVersion: "v1alpha1", kind: "Layer2VIPConfig", name: "192.0.2.10", link: "enp1s0" }],
    },
    "home-ops:github": { owner: "home", repository: "home-cluster" },
    "home-ops:tree": tree,
    "home-ops:ageKeyFile": "/nowhere/age.txt",
  };
}
