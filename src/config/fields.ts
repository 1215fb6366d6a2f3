// Formats of single values: each is a zod type that says, where it fails, what was found and what to write instead.
import { isIPv4 } from "node:net";
import { z } from "zod";
import { isPlainVersion, plainVersion } from "../versions/version.ts";
import { cidrRange, networkAddress } from "./ip.ts";
import { show } from "./problem.ts";

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

/** A text of a certain form. */
export function text(rule: TextRule): z.ZodString {
  return z
    .string({
      error: ({ input }) =>
        input === undefined || input === null
          ? `is missing → set it to ${rule.expected}, e.g. ${rule.example}`
          : `${show(input)} is not ${rule.expected} → write it as text, e.g. "${rule.example}"`,
    })
    .check((context) => {
      const { value } = context;
      if (rule.test(value)) return;
      context.issues.push({
        code: "custom",
        input: value,
        message: `${show(value)} is not ${rule.expected} → ${adviceOn(rule, value)}`,
      });
    });
}

/** Advice that repeats the mistake is worse than none, so an offer has to pass the rule that the value has not passed. */
function adviceOn(rule: TextRule, value: string): string {
  const meant = rule.meant?.(value);
  if (meant !== undefined && rule.test(meant)) return `write ${meant}${rule.because ?? ""}`;
  return rule.advice?.(value) ?? `write e.g. ${rule.example}`;
}

/** A section with exactly these keys. */
export function section<Shape extends z.core.$ZodLooseShape>(
  shape: Shape,
): z.ZodObject<Shape, z.core.$strict> {
  const isOptional = (type: unknown): boolean =>
    type instanceof z.ZodOptional || type instanceof z.ZodDefault;
  const required = Object.keys(shape).filter((key) => !isOptional(shape[key]));
  const keys = required.join(", ");
  return z.strictObject(shape, {
    error: ({ code, input }) =>
      code === "unrecognized_keys"
        ? undefined
        : input === undefined || input === null
          ? `is missing → add it with ${keys}`
          : `${show(input)} is not a section → write it with the keys ${keys}`,
  });
}

/** A whole number between two others. */
export function wholeNumber(least: number, most: number, what: string): z.ZodNumber {
  const message = (input: unknown): string =>
    `${show(input)} is not ${what} between ${String(least)} and ${String(most)} → write a whole number from ${String(least)} to ${String(most)}`;
  return z.number({ error: ({ input }) => message(input) }).check((context) => {
    const { value } = context;
    if (!Number.isInteger(value) || value < least || value > most)
      context.issues.push({ code: "custom", input: value, message: message(value) });
  });
}

/** A list. */
export function list<Element extends z.ZodType>(element: Element, of: string): z.ZodArray<Element> {
  return z.array(element, {
    error: ({ input }) =>
      input === undefined || input === null
        ? `is missing → add a list of ${of}`
        : `${show(input)} is not a list → write a list of ${of}`,
  });
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
export const ipv4 = text({
  expected: "an IPv4 address",
  example: "192.0.2.11",
  test: (value) => isIPv4(value),
});

/** An IPv4 network, without host bits. */
export function cidr(example: string): z.ZodString {
  return text({
    expected: "an IPv4 network in CIDR notation",
    example,
    test: (value) => cidrRange(value) !== undefined && networkAddress(value) === value,
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
  return text({
    expected: "a chart version X.Y.Z",
    example,
    test: isPlainVersion,
    meant: plainVersion,
  });
}

/** A file or folder. */
export function path(example: string): z.ZodString {
  return text({ expected: "a path", example, test: (value) => value.trim() !== "" });
}
