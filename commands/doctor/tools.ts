// The programs that an `up` calls.
import { run } from "../../src/steps/run.ts";
import { compareVersions } from "../../src/versions/version.ts";
import type { Finding } from "./report.ts";

interface Tool {
  readonly name: string;
  readonly args: readonly string[];
  /** What must not be older; undefined: any version does. */
  readonly minimum?: string;
  readonly todo: string;
}

const tools: readonly Tool[] = [
  { name: "pulumi", args: ["version"], minimum: "3.0", todo: "install it: pulumi.com/docs/install" },
  {
    name: "talosctl",
    args: ["version", "--client"],
    todo: "install the version of your Talos: github.com/siderolabs/talos/releases",
  },
  { name: "sops", args: ["--version"], minimum: "3.8", todo: "install it: github.com/getsops/sops/releases" },
  { name: "git", args: ["--version"], minimum: "2.30", todo: "install it with your system's packages" },
];

const timeoutSeconds = 10;
const node = "24.0";

/** Looks at all of them, and at the Node that runs this. */
export async function toolFindings(): Promise<readonly Finding[]> {
  const signal = new AbortController().signal;
  const found = await Promise.all(
    tools.map(async (tool) => {
      const { code, stdout, stderr } = await run(tool.name, tool.args, { timeoutSeconds, signal });
      return toolFinding(tool, code, `${stdout}\n${stderr}`);
    }),
  );
  return [
    versionFinding("node", process.version.slice(1), node, "npm ci brings it; or install Node 24"),
    ...found,
  ];
}

/** What a program's answer says. Pure. */
export function toolFinding({ name, minimum, todo }: Tool, code: number, output: string): Finding {
  if (code === -2) return { state: "missing", what: name, found: "is not on PATH", todo };
  const version = /\bv?(\d+\.\d+\.\d+(?:[-+]\S+)?)/.exec(output)?.[1];
  if (code !== 0 || version === undefined)
    return { state: "warning", what: name, found: "is there, but does not say its version", todo };
  return versionFinding(name, version, minimum, todo);
}

function versionFinding(what: string, version: string, minimum: string | undefined, todo: string): Finding {
  return minimum !== undefined && compareVersions(version, minimum) < 0
    ? { state: "missing", what, found: `${version} is older than ${minimum}`, todo }
    : { state: "ok", what, found: version };
}
