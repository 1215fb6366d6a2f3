/** The bridge prints the errors of a Terraform provider of the older kind like this. */
export async function listed<T>(work: Promise<T>): Promise<T> {
  return work.catch((error: unknown) => {
    throw new Error(`1 error occurred:\n\t* ${error instanceof Error ? error.message : String(error)}\n\n`, {
      cause: error,
    });
  });
}
