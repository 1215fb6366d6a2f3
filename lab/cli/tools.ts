// The programs that a lab needs, found or built.
import { ensureLabTools, type LabTools } from "../../tools/labToolbox.ts";

/**
 * Finds or builds them. What a shell that works on a lab has set is the lab's, not the user's own.
 * @param older also the versions that bumps begin at
 */
export async function labTools(older: boolean): Promise<LabTools> {
  const inLab = process.env["PULUMI_HOME"]?.includes("/.lab/") === true;
  const env = inLab ? { ...process.env, PULUMI_HOME: undefined } : process.env;
  return ensureLabTools({ env, bumps: older });
}
