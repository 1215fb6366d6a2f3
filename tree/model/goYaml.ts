// YAML as the programs of the cluster read it. They are written in Go, and its parsers are neither YAML 1.1 nor 1.2:
// `0644` is octal, `1_000` a number, `12:30:45` a text. They differ in two things: for Helm `yes`, `no`, `on`, `off`, `y` and
// `n` are true and false, for kustomize they are texts; and kustomize writes `2001-01-01` as `2001-01-01T00:00:00Z`.
import { parseAllDocuments, type Document, type LineCounter, type ScalarTag } from "yaml";

/**
 * Who reads a text.
 * - `helm`: values of a chart, and everything in which Flux has replaced variables.
 *   Source: sigs.k8s.io/yaml v1.6 over go.yaml.in/yaml/v2 v2.4 resolve.go
 * - `kustomize`: manifests. Source: sigs.k8s.io/kustomize/kyaml v0.21 over go.yaml.in/yaml/v3 v3.0 resolve.go
 */
export type Reader = "helm" | "kustomize";

const prefix = "tag:yaml.org,2002:";

const nothing: ScalarTag = {
  tag: `${prefix}null`,
  default: true,
  test: /^(?:~|null|Null|NULL)?$/,
  identify: (value) => value === null,
  resolve: () => null,
};

const boolean = (test: RegExp, yes: RegExp): ScalarTag => ({
  tag: `${prefix}bool`,
  default: true,
  test,
  identify: (value) => typeof value === "boolean",
  resolve: (text) => yes.test(text),
});

const booleans: Readonly<Record<Reader, ScalarTag>> = {
  helm: boolean(
    /^(?:y|Y|yes|Yes|YES|true|True|TRUE|on|On|ON|n|N|no|No|NO|false|False|FALSE|off|Off|OFF)$/,
    /^(?:y|yes|true|on)$/i,
  ),
  kustomize: boolean(/^(?:true|True|TRUE|false|False|FALSE)$/, /^true$/i),
};

/** `_` counts for nothing anywhere behind the first digit or sign; a 0 in front is octal, with and without `o`. */
const whole: ScalarTag = {
  tag: `${prefix}int`,
  default: true,
  test: /^(?:[-+]_*)?0_*[xX][0-9a-fA-F_]*[0-9a-fA-F]_*$|^(?:[-+]_*)?0_*[oO]?[0-7_]*[0-7]_*$|^(?:[-+]_*)?0_*[bB][01_]*[01]_*$|^(?:[-+]_*)?(?:0|[1-9][0-9_]*)_*$/,
  identify: (value) => typeof value === "number" && Number.isInteger(value),
  resolve: (text) => {
    const [, sign = "", digits = ""] = /^([-+]?)(.*)$/.exec(text.replaceAll("_", "")) ?? [];
    // Number() has no octal without a letter.
    const number = Number(digits.replace(/^0(?=[0-7])/, "0o"));
    return sign === "-" ? -number : number;
  },
};

const float: ScalarTag = {
  tag: `${prefix}float`,
  default: true,
  test: /^(?:[-+]_*)?(?:[0-9][0-9_]*(?:\.[0-9_]*)?)(?:[eE][-+]?[0-9_]+)?$|^[-+]?\.[0-9]+(?:[eE][-+]?[0-9]+)?$/,
  identify: (value) => typeof value === "number",
  resolve: (text) => Number(text.replaceAll("_", "")),
};

const noNumber: ScalarTag = {
  tag: `${prefix}float`,
  default: true,
  test: /^(?:[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN))$/,
  resolve: (text) => (/nan/i.test(text) ? NaN : text.startsWith("-") ? -Infinity : Infinity),
};

/** Of kustomize alone: a date becomes a text with a time. */
const date: ScalarTag = {
  tag: `${prefix}timestamp`,
  default: true,
  test: /^\d{4}-\d{1,2}-\d{1,2}$/,
  resolve: (text) => {
    const [year = "", month = "", day = ""] = text.split("-");
    const time = new Date(Date.UTC(Number(year), Number(month) - 1, Number(day)));
    const isDate = time.getUTCMonth() === Number(month) - 1 && time.getUTCDate() === Number(day);
    return isDate ? time.toISOString().replace(".000Z", "Z") : text;
  },
};

/** The documents of a text, as `reader` reads them. Mistakes are in the documents, as the package yaml has them. */
export function parseAsGo(text: string, reader: Reader, lineCounter?: LineCounter): readonly Document[] {
  const documents = parseAllDocuments(text, {
    ...(lineCounter === undefined ? {} : { lineCounter }),
    merge: true,
    logLevel: "error",
    schema: "failsafe",
    customTags: (tags) => [
      ...tags,
      nothing,
      booleans[reader],
      whole,
      noNumber,
      float,
      ...(reader === "kustomize" ? [date] : []),
    ],
  });
  // An empty text gives none.
  return Array.isArray(documents) ? documents : [];
}
