// npm run lab -- <command>: the lab's command line.
import { resolve } from "node:path";
import { parseArgs } from "node:util";
import { sizes, type LabSize } from "../layout.ts";
import { faultHelp } from "../supervisor/faults.ts";
import * as commands from "./commands.ts";
import type { CommandInput } from "./commands.ts";
import { restore, save } from "./saved.ts";

const table: Readonly<
  Record<string, readonly [help: string, run: (input: CommandInput) => Promise<void> | void]>
> = {
  up: ["start the lab (builds missing tools first)", commands.up],
  down: ["stop it; its data stays", commands.down],
  status: ["what runs, and how to look around", commands.status],
  logs: ["list the logs; `logs NAME [-f]` shows one", commands.logs],
  destroy: ["stop it and remove everything of it", commands.destroy],
  push: ["bring cluster/ to the lab's Git host", commands.push],
  env: ['for eval "$(npm run -s lab -- env)"', commands.env],
  exec: ["`exec COMMAND…` runs a command in that environment", commands.exec],
  save: ["`save COPY` copies the stopped lab", save],
  restore: ["`restore COPY` puts the copy in its place", restore],
  fault: ["`fault NAME [MACHINE] [--off]` breaks something; `fault --help` lists what", commands.fault],
  kubeconfig: ["path of the kubeconfig", commands.kubeconfig],
  talosconfig: ["path of the talosconfig", commands.talosconfig],
};

const help = `npm run lab -- COMMAND [--name LAB] [--size ${Object.keys(sizes).join("|")}]

${Object.entries(table)
  .map(([name, [text]]) => `  ${name.padEnd(12)} ${text}`)
  .join("\n")}

--name   which lab; "lab" when not given. Labs of different names run side by side.
--size   of a new lab; "lab" = 1 control plane + 1 worker.`;

/** The words of `exec` are somebody else's options. */
function split(args: readonly string[]): { own: string[]; rest: string[] } {
  const at = args.indexOf("exec");
  return at < 0 ? { own: [...args], rest: [] } : { own: args.slice(0, at + 1), rest: args.slice(at + 1) };
}

try {
  const { own, rest } = split(process.argv.slice(2));
  const { values, positionals } = parseArgs({
    args: own,
    allowPositionals: true,
    options: {
      name: { type: "string", default: "lab" },
      size: { type: "string", default: "lab" },
      follow: { type: "boolean", short: "f", default: false },
      off: { type: "boolean", default: false },
      help: { type: "boolean", short: "h", default: false },
    },
  });
  const [name, ...words] = positionals;
  const command = name === undefined ? undefined : table[name];
  if (values.help && name === "fault") console.log(faultHelp());
  else if (values.help || name === undefined) console.log(help);
  else if (command === undefined) throw new Error(`there is no command "${name}"\n\n${help}`);
  else if (!(values.size in sizes))
    throw new Error(`--size is "${values.size}", expected one of ${Object.keys(sizes).join(", ")}`);
  else if (!/^[a-z][a-z0-9-]{0,20}$/.test(values.name))
    throw new Error(`--name is "${values.name}", expected up to 21 lower-case letters, digits and "-"`);
  else
    await command[1]({
      project: resolve(import.meta.dirname, "..", ".."),
      name: values.name,
      size: values.size as LabSize,
      words: [...words, ...rest],
      follow: values.follow,
      off: values.off,
    });
} catch (error) {
  console.error(error instanceof Error ? error.message : String(error));
  process.exitCode = 1;
}
