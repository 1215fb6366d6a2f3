// Gets the tools of the lab once, before the first test on a lab.
import { ensureLabTools } from "../../tools/labToolbox.ts";

export default async function labTools(): Promise<void> {
  await ensureLabTools({ bumps: true });
}
