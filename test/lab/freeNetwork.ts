// Addresses for tests that listen: several checkouts run their tests on one computer at the same time, so nobody may
// simply take an address. A network is held by listening on its first address, and free again when the process ends,
// however it ends.
import { randomInt } from "node:crypto";
import { once } from "node:events";
import { createServer } from "node:net";

/** A network of the loopback range that is this process's own. */
export interface TestNetwork {
  /** Third octet, as a lab's slot, e.g. 231. */
  readonly slot: number;
  /** An address in it. @example network.address(11) → "127.10.231.11" */
  readonly address: (host: number) => string;
}

/** Slots above those of labs (lab/labFile.ts). */
const slots = { first: 208, last: 254 } as const;
const holder = { host: 1, port: 4001 } as const;

/**
 * Takes a network that no other test of this computer has, until this process ends.
 * @throws Error when all are taken
 */
export async function freeNetwork(): Promise<TestNetwork> {
  const count = slots.last - slots.first + 1;
  const begin = randomInt(count);
  for (let tried = 0; tried < count; tried++) {
    const slot = slots.first + ((begin + tried) % count);
    const address = (host: number): string => `127.10.${String(slot)}.${String(host)}`;
    if (await hold(address(holder.host))) return { slot, address };
  }
  throw new Error(
    `tests have taken all ${String(count)} networks from 127.10.${String(slots.first)}.0/24 on`,
  );
}

async function hold(address: string): Promise<boolean> {
  const server = createServer();
  server.listen(holder.port, address);
  try {
    await once(server, "listening");
    server.unref();
    return true;
  } catch {
    return false;
  }
}
