// Colours, only where somebody sees them.
import { styleText } from "node:util";

/** Formats of Node's own list. */
export type Format = Parameters<typeof styleText>[0];

/** Colours a text, or leaves it as it is. */
export type Paint = (format: Format, text: string) => string;

/** Colours for a terminal; none for a file or a pipe, or where NO_COLOR is set (no-color.org). */
export function paintFor(stream: { readonly isTTY?: boolean }, env: NodeJS.ProcessEnv): Paint {
  const colours = stream.isTTY === true && (env["NO_COLOR"] ?? "") === "" && env["TERM"] !== "dumb";
  return (format, text) => (colours ? styleText(format, text, { validateStream: false }) : text);
}

/** Colours the lines of a diff. */
export function paintDiff(diff: string, paint: Paint): string {
  const paintLine = (line: string): string => {
    if (line.startsWith("@@") || line.startsWith("…")) return paint("dim", line);
    if (line.startsWith("+")) return paint("green", line);
    if (line.startsWith("-")) return paint("red", line);
    return line;
  };
  return diff.split("\n").map(paintLine).join("\n");
}
