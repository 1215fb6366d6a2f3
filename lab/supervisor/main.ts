// The supervisor: the one process that owns a lab. Started by `npm run lab -- up` with the lab's folder; tells how far it
// is on standard output, one line each, and `ready` at last. SIGTERM and SIGINT stop everything.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { Toolbox } from "../../tools/toolbox.ts";
import { readLab } from "../labFile.ts";
import { serveControl } from "./control.ts";
import { switchFault } from "./faults.ts";
import { startLab, type Lab } from "./lab.ts";
import { statusOf } from "./status.ts";

const [project = ".", name = "lab"] = process.argv.slice(2);
const layout = readLab(project, name);
const toolbox = JSON.parse(readFileSync(join(layout.state, "toolbox.json"), "utf8")) as Toolbox;

let lab: Lab | undefined;
let stopping = false;

const running = (): Lab => {
  if (lab === undefined) throw new Error("the lab is still starting");
  return lab;
};

const control = await serveControl(layout, {
  status: () => statusOf(running()),
  push: () => running().push(),
  fault: (body) =>
    switchFault(
      running(),
      String(body["name"]),
      body["on"] !== false,
      typeof body["machine"] === "string" ? body["machine"] : undefined,
    ),
  power: async (body) => {
    const found = running().machines.find(({ machine }) => machine.name === body["machine"]);
    if (found === undefined) throw new Error(`there is no machine ${String(body["machine"])}`);
    await (body["on"] === false ? found.machine.powerOff() : found.machine.powerOn());
  },
  stop: () => {
    setImmediate(() => void stop(0));
    return { pid: process.pid };
  },
}).catch(fail);

function fail(error: unknown): never {
  console.error(error instanceof Error ? error.message : String(error));
  process.exit(1);
}

async function stop(code: number): Promise<void> {
  if (stopping) return;
  stopping = true;
  await lab?.stop().catch((error: unknown) => console.error(error));
  // Last, so that the slot is free only when nothing of this lab runs any more.
  control.close();
  process.exit(code);
}

for (const signal of ["SIGTERM", "SIGINT"] as const) process.on(signal, () => void stop(0));

try {
  lab = await startLab({ layout, toolbox, progress: (line) => console.log(line) });
  if (stopping) await lab.stop();
  console.log("ready");
} catch (error) {
  console.error(error instanceof Error ? error.message : String(error));
  await stop(1);
}
