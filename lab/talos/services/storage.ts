// Disks, the question every provider asks first: answered without a client certificate only in maintenance mode.
import { unary } from "../handler.ts";
import type { Handlers } from "../handler.ts";

/** The storage service. */
export const storageHandlers: Handlers = {
  Disks: unary((_request, { machine }) => ({
    disks: machine.has("diskMissing")
      ? []
      : machine.disks.map((disk) => ({
          size: String(disk.size),
          model: disk.model,
          device_name: disk.path,
          serial: disk.serial,
          type: "SSD",
          bus_path: "/virtual",
          subsystem: "/sys/class/block",
          system_disk: machine.record.installed?.disk === disk.path,
        })),
  })),
};
