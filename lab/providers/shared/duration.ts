// Durations as Go programs write them.

const unitsMs: Readonly<Record<string, number>> = {
  ns: 1e-6,
  us: 1e-3,
  µs: 1e-3,
  ms: 1,
  s: 1000,
  m: 60_000,
  h: 3_600_000,
};

/**
 * Milliseconds of a Go duration, e.g. `720h`, `1h30m`, `500ms`.
 * @throws Error in Go's words when it is none
 */
export function parseDuration(text: string): number {
  const sign = text.startsWith("-") ? -1 : 1;
  const body = text.replace(/^[+-]/, "");
  if (body === "0") return 0;
  const parts = [...body.matchAll(/(\d+\.?\d*|\.\d+)(ns|us|µs|ms|s|m|h)/g)];
  if (body === "" || parts.map((part) => part[0]).join("") !== body)
    throw new Error(`time: invalid duration ${JSON.stringify(text)}`);
  return (
    sign * parts.reduce((sum, part) => sum + Number(part[1]) * (unitsMs[part[2] as string] as number), 0)
  );
}
