import manifest from "./package.json" with { type: "json" };

/** The options of every resource and function: which plugin serves it, and where Pulumi downloads that. */
export const defaults = {
  version: manifest.pulumi.version,
  pluginDownloadURL: manifest.pulumi.server,
};
