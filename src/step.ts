// The one program behind every step: `node src/step.ts NAME`. What has been compiled is kept for the next one: most steps load
// the same clients, and start in two thirds of the time then.
import { enableCompileCache } from "node:module";
import { join } from "node:path";

enableCompileCache(join(import.meta.dirname, "../node_modules/.cache/home-ops"));
const { performNamed } = await import("./stepByName.ts");
await performNamed(process.argv[2]);
