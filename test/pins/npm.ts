// Renovate's manager `npm`. Source: renovatebot/renovate lib/modules/manager/npm/extract.
import { type Config, filesOf, type Repository } from "./config.ts";
import type { SeenPin } from "./seen.ts";
import { documents } from "./yaml.ts";

const lists = ["dependencies", "devDependencies", "optionalDependencies", "peerDependencies", "engines"];

/** The packages of every package.json; a folder of the repository is no version, and Renovate skips it. */
export function npmPins(repository: Repository, config: Config): SeenPin[] {
  return filesOf(repository, config, ["/(^|/)package\\.json$/"]).flatMap((file) =>
    // JSON is YAML.
    documents(repository.get(file) ?? "").flatMap((value) =>
      lists.flatMap((depType) =>
        value
          .at(depType)
          .entries.filter(([, version]) => version.text?.startsWith("file:") !== true)
          .map(([name, version]): SeenPin => ({
            manager: "npm",
            file,
            ...version.place,
            value: version.text ?? "",
            name,
            packageName: name,
            datasource: depType === "engines" ? "node-version" : "npm",
            depType,
          })),
      ),
    ),
  );
}
