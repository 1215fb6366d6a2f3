import * as pulumi from "@pulumi/pulumi";

/**
 * The same output, a secret as a whole. The Talos plugin marks the leaves of a value and the state the whole; the SDK of
 * Pulumi understands the outer mark and leaves the inner ones in the value, where they stand in place of the text.
 */
export function withoutMarks<T>(output: pulumi.Output<T>): pulumi.Output<T> {
  return pulumi.secret(output).apply((value) => unmarked(value) as T);
}

function unmarked(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(unmarked);
  if (typeof value !== "object" || value === null) return value;
  const fields = value as Record<string, unknown>;
  if (fields[pulumi.runtime.specialSigKey] === pulumi.runtime.specialSecretSig)
    return unmarked(fields["value"]);
  return Object.fromEntries(Object.entries(fields).map(([key, inner]) => [key, unmarked(inner)]));
}
