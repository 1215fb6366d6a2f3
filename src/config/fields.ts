// Formats of single values: each is a zod type that says, where it fails, what was found and what to write instead.
import { isIPv4 } from "node:net";
import { z } from "zod";
import { isPlainVersion, plainVersion } from "../versions/version.ts";
import { networkAddress } from "./ip.ts";
import { show } from "./problem.ts";
import { didYouMean } from "./suggest.ts";

/** How a text value must look. */
interface TextRule {
  /** Completes "… is not", e.g. `a version vX.Y.Z`. */
  readonly expected: string;
  readonly example: string;
  /** Whether a value is right. */
  readonly test: (value: string) => boolean;
  /** The value that one that is nearly right probably means; offered only where it is right itself. */
  readonly meant?: (value: string) => string | undefined;
  /** Said behind such an offer, e.g. `; the program adds the path`. */
  readonly because?: string;
  /** What to do where no value can be offered; undefined for the general advice. */
  readonly advice?: (value: string) => string | undefined;
}

/** What to say of a value that is not there or of another type. */
function otherType(form: string, add: string, write: string): (issue: { input: unknown }) => string {
  return ({ input }) =>
    input === undefined || input === null
      ? `is missing → ${add}`
      : `${show(input)} is not ${form} → ${write}`;
}

/** A text of a certain form. */
export function text(rule: TextRule): z.ZodString {
  const { expected, example } = rule;
  const error = otherType(
    expected,
    `set it to ${expected}, e.g. ${example}`,
    `write it as text, e.g. "${example}"`,
  );
  return z.string({ error }).refine(rule.test, {
    error: ({ input }) => `${show(input)} is not ${expected} → ${adviceOn(rule, String(input))}`,
  });
}

/** Advice that repeats the mistake is worse than none, so an offer has to pass the rule that the value has not passed. */
function adviceOn(rule: TextRule, value: string): string {
  const meant = rule.meant?.(value);
  if (meant !== undefined && rule.test(meant)) return `write ${meant}${rule.because ?? ""}`;
  return rule.advice?.(value) ?? `write e.g. ${rule.example}`;
}

/** A section with exactly these keys. */
export function section<Shape extends Readonly<Record<string, z.ZodType>>>(
  shape: Shape,
): z.ZodObject<Shape, z.core.$strict> {
  const keys = Object.keys(shape);
  const required = keys.filter((key) => shape[key]?.safeParse(undefined).success === false).join(", ");
  const unknownKey = z.custom<never>(() => false, {
    error: ({ path = [] }) =>
      `unknown key → ${didYouMean(String(path.at(-1)), keys) ?? `remove it; known are ${keys.join(", ")}`}`,
  });
  return z
    .object(shape, {
      error: otherType("a section", `add it with ${required}`, `write it with the keys ${required}`),
    })
    .catchall(unknownKey);
}

/** A whole number between two others. */
export function wholeNumber(least: number, most: number, what: string): z.ZodNumber {
  const error = ({ input }: { input: unknown }): string =>
    `${show(input)} is not ${what} between ${least} and ${most} → write a whole number from ${least} to ${most}`;
  const test = (value: number): boolean => Number.isInteger(value) && value >= least && value <= most;
  return z.number({ error }).refine(test, { error });
}

/** A list. */
export function list<Element extends z.ZodType>(element: Element, of: string): z.ZodArray<Element> {
  return z.array(element, { error: otherType("a list", `add a list of ${of}`, `write a list of ${of}`) });
}

/** A name that is one part of a host name. */
export function dnsLabel(what: string, example: string): z.ZodString {
  return text({
    expected: `a ${what}: at most 63 lower-case letters, digits and hyphens, with a letter or digit at both ends`,
    example,
    test: (value) => /^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/.test(value),
    meant: (value) =>
      value
        .toLowerCase()
        .replaceAll(/[^a-z0-9-]+/g, "-")
        .slice(0, 63)
        .replaceAll(/^-+|-+$/g, ""),
  });
}

/** An IPv4 address. */
export const ipv4 = text({ expected: "an IPv4 address", example: "192.0.2.11", test: isIPv4 });

/** An IPv4 network, without host bits. */
export function cidr(example: string): z.ZodString {
  return text({
    expected: "an IPv4 network in CIDR notation",
    example,
    test: (value) => networkAddress(value) === value,
    meant: networkAddress,
    because: ", the network that address lies in",
  });
}

/** A version with its leading v, e.g. `v1.13.9`. */
export function vVersion(example: string): z.ZodString {
  return text({
    expected: "a version vX.Y.Z",
    example,
    test: (value) => value.startsWith("v") && isPlainVersion(plainVersion(value)),
    meant: (value) => `v${value}`,
  });
}

/** A version without leading v, as Helm charts have it, e.g. `1.20.1`. */
export function chartVersion(example: string): z.ZodString {
  return text({ expected: "a chart version X.Y.Z", example, test: isPlainVersion, meant: plainVersion });
}

/** A file or folder. */
export function path(example: string): z.ZodString {
  return text({ expected: "a path", example, test: (value) => value.trim() !== "" });
}
