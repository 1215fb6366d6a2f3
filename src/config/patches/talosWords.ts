// What talosctl says of a patch that it does not take, as mistakes with paths. Pure. Its words quote values, so of a patch
// with a secret only the parts are used that hold none.
import { parse } from "yaml";
import { didYouMean } from "../suggest.ts";
import type { WrittenPatch } from "./lines.ts";
import { isNested, isRecord, leavesOf, valueAt, type Segment } from "../walk.ts";

/** A mistake in a patch. */
export interface Mistake {
  /** Path inside the patch; empty where Talos names none. */
  readonly path: readonly Segment[];
  /** What is wrong, e.g. `is a text, and Talos expects true or false`. */
  readonly text: string;
  /** What to do; undefined for the general advice. */
  readonly todo?: string | undefined;
}

/** Kinds of documents, to suggest one. Source: siderolabs/talos pkg/machinery/config/types 1.12 to 1.14. */
const kinds =
  `BlackholeRoute Bond Bridge DHCPv4 DHCPv6 DummyLink Environment Ethernet EventSink ExistingVolume
  ExtensionService ExternalVolume HCloudVIP Hostname KmsgLog KubeSpan KubeSpanEndpoints Layer2VIP Link LinkAlias
  NetworkDefaultAction NetworkRule OOM PCIDriverRebind RawVolume RegistryAuth RegistryMirror RegistryTLS Resolver RoutingRule
  SideroLink StaticHost SwapVolume Sysctl TCPProbe TimeSync TrustedRoots UserVolume VLAN VRF Volume WatchdogTimer Wireguard Zswap`
    .split(/\s+/)
    .map((name) => `${name}Config`);

/** Go's names of what YAML has. */
const found: Readonly<Record<string, string>> = {
  str: "a text",
  int: "a number",
  float: "a number",
  bool: "true or false",
  seq: "a list",
  map: "a section",
  null: "empty",
};

/** What is said of a key that Talos does not know. */
export const unknownKey = "unknown key";

/** Reads an answer. @param words standard error of talosctl */
export function mistakesIn(
  words: string,
  patch: unknown,
  written: WrittenPatch,
  isSecret: boolean,
): readonly Mistake[] {
  if (/^\s*missing kind\s*$/.test(words))
    return [{ path: [], text: "is neither machine, cluster nor a document with a kind" }];
  const kind = /^.*?"([^"]*)" "([^"]*)": not registered/m.exec(words);
  if (kind !== null) return [unknownKind(kind[1] ?? "", kind[2] ?? "")];
  const [, unknown] = /unknown keys found during decoding:\n([\s\S]*)$/.exec(words) ?? [];
  if (unknown !== undefined && unknown.trim() !== "") return unknownKeys(unknown, patch);
  const lines = [...words.matchAll(/^ {2}line (\d+): (.*)$/gm)];
  if (lines.length > 0)
    return lines.map(([, line, text = ""]) => ({
      path: written.paths.get(Number(line)) ?? [],
      text: wrongType(text) ?? (isSecret ? hiddenWords : `is not understood: ${text}`),
    }));
  if (words.includes("goroutine ")) return [{ path: [], text: "makes talosctl crash" }];
  if (isSecret) return [{ path: [], text: hiddenWords }];
  return [{ path: [], text: `is refused: ${words.trim().split("\n").at(-1) ?? ""}` }];
}

const hiddenWords = "is refused, in words that may hold the secret and are left out";

/** The complaints of `talosctl validate`, one a line, e.g. `link must be specified`. */
export function complaintsIn(words: string): readonly string[] {
  return words
    .split("\n")
    .flatMap((line) => /^\s*\* (.*)$/.exec(line)?.[1] ?? [])
    .map((line) => line.replace(/^.*?: \d+ errors? occurred:$/, ""))
    .filter((line) => line !== "" && !/errors? occurred:$/.test(line));
}

/** A complaint about values that fit the form, as a mistake. */
export function complaint(text: string, isSecret: boolean): Mistake {
  return { path: [], text: isSecret ? hiddenWords : `is refused: ${text}` };
}

function unknownKind(kind: string, version: string): Mistake {
  if (version !== "v1alpha1" && kinds.includes(kind))
    return {
      path: ["apiVersion"],
      text: version === "" ? "is missing" : `${version} is none of Talos' versions`,
      todo: "write apiVersion: v1alpha1",
    };
  return {
    path: ["kind"],
    text: `${kind} is no kind of document that this Talos knows`,
    todo: kinds.includes(kind) ? undefined : didYouMean(kind, kinds),
  };
}

/** Talos shows the unknown parts, with what leads to them; of lists only the elements that have such. */
function unknownKeys(text: string, patch: unknown): readonly Mistake[] {
  const shown = leavesOf(parse(text) as unknown).map(([path]) => path);
  const unique = new Map(shown.map((path) => [JSON.stringify(path), path]));
  return [...unique.values()].map((path) => ({ path: placeIn(patch, path), text: unknownKey }));
}

/** The same path in the patch: elements are found again by what follows in them. */
function placeIn(patch: unknown, path: readonly Segment[]): readonly Segment[] {
  const [key, ...rest] = path;
  if (key === undefined) return [];
  if (typeof key === "number" && Array.isArray(patch)) {
    const index = patch.findIndex((child) => valueAt(child, rest) !== undefined);
    return index === -1 ? [] : [index, ...placeIn(patch[index], rest)];
  }
  if (!isRecord(patch) || !Object.hasOwn(patch, key)) return isNested(patch) ? [] : path;
  return [key, ...placeIn(patch[key], rest)];
}

function wrongType(text: string): string | undefined {
  const [, tag = "", type = ""] = /^cannot unmarshal !!(\w+) (?:`[\s\S]*` )?into (.*)$/.exec(text) ?? [];
  if (type === "") return undefined;
  return `is ${found[tag] ?? tag}, and Talos expects ${expected(type)}`;
}

function expected(type: string): string {
  if (type === "bool") return "true or false";
  if (type === "string") return "a text";
  if (/^u?int\d*$/.test(type)) return "a whole number";
  if (type === "time.Duration") return "a duration, e.g. 5m";
  if (type.startsWith("map[string]string")) return "names with texts";
  if (type.startsWith("[]string")) return "a list of texts";
  if (type.startsWith("[]")) return "a list";
  return /^[\w*]+\.[A-Z]/.test(type) ? "a section" : type;
}
