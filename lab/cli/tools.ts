// The programs that a lab needs, found or built.
import type { LabSize } from "../layout.ts";
import { ensureLabTools, type LabTools } from "../../tools/labToolbox.ts";

/** Finds or builds them, for the bigger labs also the older versions that bumps begin at. What a shell that works on a lab has set is the lab's, not the user's own. */
export async function labTools(size: LabSize): Promise<LabTools> {
  const inLab = process.env["PULUMI_HOME"]?.includes("/.lab/") === true;
  const env = inLab ? { ...process.env, PULUMI_HOME: undefined } : process.env;
  return ensureLabTools({ env, bumps: size !== "lab" });
}
