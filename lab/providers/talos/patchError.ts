// How the provider says that a patch does not fit: machinery names document and line, and the bridge puts the list of
// Terraform's diagnostics around it.

/**
 * The error of a patch in the provider's words.
 * @param summary e.g. `Error loading config patches`
 * @param error talosctl's, which names neither document nor line; what does not fit is taken for the first line of the
 * machine config proper
 */
export function patchError(summary: string, error: unknown): Error {
  return new Error(`1 error occurred:\n\t* : ${summary} - ${patchReason(error)}\n\n\n`, { cause: error });
}

/** The reason alone, as the function for machine configs says it. */
export function patchReason(error: unknown): string {
  const text = error instanceof Error ? error.message : String(error);
  const at = text.indexOf("unknown keys found during decoding:");
  return at < 0 ? text : `error decoding document /v1alpha1/ (line 1): ${text.slice(at)}`;
}
