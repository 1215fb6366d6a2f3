// Lets one process build at a time: two clones would build the same twice, and the linker's memory adds up.
//
// The lock is a listening socket in Linux's abstract namespace: the kernel lets it go when its owner ends, however that
// ends, so there is no stale lock; and who waits is connected to it, so the end is an event and needs no polling.
import { once } from "node:events";
import { connect, createServer, type Server, type Socket } from "node:net";
import { userInfo } from "node:os";
import { hashOf } from "./cache.ts";

/** A held lock. */
export interface Lock {
  release(): Promise<void>;
}

/**
 * Waits until no other process of this user holds the lock of that folder.
 * @param onWait called when somebody else holds it, with their process id
 */
export async function acquireLock(folder: string, onWait: (holder: string) => void): Promise<Lock> {
  const path = `\0home-ops-tools-${String(userInfo().uid)}-${hashOf(folder)}`;
  for (let told = false; ; told = true) {
    const server = await listen(path);
    if (server !== undefined) return server;
    await waitForRelease(path, told ? () => undefined : onWait);
  }
}

async function listen(path: string): Promise<Lock | undefined> {
  const server: Server = createServer((socket) => {
    waiting.add(socket);
    socket.on("close", () => waiting.delete(socket));
    socket.on("error", () => undefined);
    socket.write(String(process.pid));
  });
  const waiting = new Set<Socket>();
  server.listen(path);
  try {
    await once(server, "listening");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "EADDRINUSE") return undefined;
    throw error;
  }
  // Waiting for the lock must not keep a process alive that has nothing else to do.
  server.unref();
  return {
    release: async () => {
      const closed = once(server, "close");
      server.close();
      for (const socket of waiting) socket.destroy();
      await closed;
    },
  };
}

function waitForRelease(path: string, onHolder: (holder: string) => void): Promise<void> {
  return new Promise((resolve) => {
    const socket = connect(path);
    socket.once("data", (text) => onHolder(String(text)));
    // Refused: it was let go meanwhile.
    socket.on("error", () => undefined);
    socket.on("close", () => resolve());
  });
}
