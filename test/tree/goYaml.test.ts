// Spellings of values, and what Go's parsers make of them. The table was made with the real ones: sigs.k8s.io/yaml v1.6.0
// (YAMLToJSON, which Helm and Flux use) and sigs.k8s.io/kustomize/kyaml v0.21.1 (RNode.MarshalJSON).
import assert from "node:assert/strict";
import { describe, expect, it } from "@jest/globals";
import { parseAsGo, type Reader } from "../../tree/model/goYaml.ts";

const read = (text: string, reader: Reader): unknown => {
  const [document] = parseAsGo(`x: ${text}\n`, reader);
  expect(document?.errors).toStrictEqual([]);
  return (document?.toJS() as { readonly x: unknown }).x;
};

/** The same for both. */
const both: readonly (readonly [text: string, value: unknown])[] = [
  ["true", true],
  ["True", true],
  ["FALSE", false],
  ["0o17", 15],
  ["017", 15],
  ["0644", 420],
  ["0_17", 15],
  ["010_0", 64],
  ["08", 8],
  ["089", 89],
  ["0o8", "0o8"],
  ["00", 0],
  ["0", 0],
  ["+1", 1],
  ["1_000", 1000],
  ["1__0", 10],
  ["_1", "_1"],
  ["+_1", 1],
  ["0x1f", 31],
  ["-0x1F", -31],
  ["0x", "0x"],
  ["0b11", 3],
  ["1e3", 1000],
  ["1e+03", 1000],
  ["1e", "1e"],
  ["1_0.5_0", 10.5],
  [".5", 0.5],
  ["5.", 5],
  [".", "."],
  ["1.10", 1.1],
  ["1.2.3", "1.2.3"],
  ["v1", "v1"],
  ["--", "--"],
  ["~", null],
  ["null", null],
  ["Null", null],
  ["", null],
  ["nan", "nan"],
  ["12:30:45", "12:30:45"],
  ["=", "="],
  ["!!str yes", "yes"],
  ["!!str 017", "017"],
  ['"yes"', "yes"],
  ["'~'", "~"],
];

const booleans: readonly (readonly [text: string, value: boolean])[] = [
  ...["y", "Y", "yes", "Yes", "YES", "on", "On", "ON"].map((text) => [text, true] as const),
  ...["n", "N", "no", "No", "NO", "off", "Off", "OFF"].map((text) => [text, false] as const),
];

describe("a value in YAML", () => {
  it.each(["helm", "kustomize"] as const)("is what %s makes of it", (reader) => {
    for (const [text, value] of both) assert.deepEqual(read(text, reader), value, text);
  });

  it("is true or false in more ways for Helm than for kustomize", () => {
    for (const [text, value] of booleans) {
      expect(read(text, "helm")).toBe(value);
      expect(read(text, "kustomize")).toBe(text);
    }
    expect(read("yEs", "helm")).toBe("yEs");
  });

  it("is a text with a time where kustomize finds a date", () => {
    expect(read("2001-01-01", "helm")).toBe("2001-01-01");
    expect(read("2001-01-01", "kustomize")).toBe("2001-01-01T00:00:00Z");
    expect(read("2001-13-01", "kustomize")).toBe("2001-13-01");
  });

  it("may be merged in, and keys are texts", () => {
    const [document] = parseAsGo("a: &a {x: 1}\nb: {<<: *a, y: 2}\n1: q\nyes: q\n", "helm");
    expect(document?.toJS()).toStrictEqual({ 1: "q", a: { x: 1 }, b: { x: 1, true: 2 }, true: "q" });
  });

  it("may not stand there twice", () => {
    expect(parseAsGo("a: 1\na: 2\n", "helm")[0]?.errors.length).toBe(1);
  });
});
