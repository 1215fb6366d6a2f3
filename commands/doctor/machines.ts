// Whether the machines answer at all: a TCP connection to the Talos API, nothing said.
import { connect } from "node:net";
import type { Finding } from "./report.ts";

/** A machine to reach. */
export interface NamedAddress {
  readonly name: string;
  readonly address: string;
}

const talosPort = 50_000;
const timeoutMs = 2_000;

/** All of them at once. @param port for tests */
export async function machineFindings(
  machines: readonly NamedAddress[],
  port = talosPort,
): Promise<readonly Finding[]> {
  return Promise.all(
    machines.map(async ({ name, address }): Promise<Finding> => {
      const problem = await whyUnreachable(address, port);
      const where = `${address}:${String(port)}`;
      return problem === undefined
        ? { state: "ok", what: name, found: `answers at ${where}` }
        : {
            state: "warning",
            what: name,
            found: `${where}: ${problem}`,
            todo: "switch it on, and compare its address with the one that it shows on its screen",
          };
    }),
  );
}

async function whyUnreachable(host: string, port: number): Promise<string | undefined> {
  return new Promise((resolve) => {
    const socket = connect({ host, port, timeout: timeoutMs });
    const end = (problem?: string): void => {
      socket.destroy();
      resolve(problem);
    };
    socket.once("connect", () => {
      end();
    });
    socket.once("timeout", () => {
      end(`no answer within ${String(timeoutMs / 1000)} s`);
    });
    socket.once("error", (error: NodeJS.ErrnoException) => {
      end(error.code === "ECONNREFUSED" ? "refuses the connection" : error.message);
    });
  });
}
