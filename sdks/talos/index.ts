// `@pulumiverse/talos` 0.8.1 as far as this program uses it: names, types and options of the published package, and nothing
// of our own. To take that one instead, name its version in package.json (docs/decisions/0022).
export * as cluster from "./cluster.ts";
export * as machine from "./machine.ts";
export * as types from "./types/index.ts";
