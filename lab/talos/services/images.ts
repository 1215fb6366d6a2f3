// Pulling images as clients ask for it from Talos 1.13 on: progress until the image is there, then its name.
// Source: siderolabs/talos v1.13.9 internal/app/images/images.go
import { createHash } from "node:crypto";
import { StatusError } from "../errors.ts";
import { stream } from "../handler.ts";
import type { Handlers } from "../handler.ts";
import { hasImage, resolveImage, storedName, storeImage, storeOf } from "../imageStore.ts";
import type { TalosMachine } from "../machine.ts";
import type { Message } from "../protos.ts";

const layerBytes = 100 * 1024 ** 2;

/** The image service. */
export const imageHandlers: Handlers = {
  Pull: stream(async function* (request, { machine }) {
    const store = storeOf(request["containerd"] as Message | null);
    const image = String(request["image_ref"]);
    const name = storedName(image);
    if (!hasImage(machine, store, name)) {
      await found(machine, image);
      yield* layerProgress(name);
      storeImage(machine, store, name);
    }
    yield { name };
  }),
};

async function found(machine: TalosMachine, image: string): Promise<void> {
  try {
    await resolveImage(machine, image);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    if (!reason.includes("not found")) throw error;
    throw new StatusError("NotFound", `error pulling image: ${reason}`);
  }
}

// One layer stands for all.
function* layerProgress(name: string): Iterable<Message> {
  const layer = `sha256:${createHash("sha256").update(name).digest("hex")}`;
  const steps: readonly [status: string, offset: number][] = [
    ["DOWNLOADING", 0],
    ["DOWNLOAD_COMPLETE", layerBytes],
    ["EXTRACT_COMPLETE", layerBytes],
  ];
  for (const [status, offset] of steps) {
    const progress = { status, offset: String(offset), total: String(layerBytes) };
    yield { pull_progress: { layer_id: layer, progress } };
  }
}
