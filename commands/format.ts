// Commands whose answer is for people, for a pull request or for a program.
import { StepError } from "../src/steps/stepError.ts";

/** Their options, for parseArgs. */
export const formatOptions = {
  json: { type: "boolean", default: false },
  markdown: { type: "boolean", default: false },
} as const;

/** How an answer is written. */
export type Format = "terminal" | "json" | "markdown";

/** @throws StepError for two formats at once */
export function formatOf(values: { readonly json: boolean; readonly markdown: boolean }): Format {
  if (values.json && values.markdown)
    throw new StepError("--json and --markdown are two outputs: choose one");
  return values.json ? "json" : values.markdown ? "markdown" : "terminal";
}

/** Writes an answer. */
export function written<T>(
  answer: T,
  format: Format,
  forms: { readonly markdown: (answer: T) => string; readonly terminal: (answer: T) => string },
): string {
  return format === "json" ? JSON.stringify(answer, undefined, 2) : forms[format](answer);
}
