// What Renovate extracts from the repository.
import { customPins } from "./custom.ts";
import type { Config, Repository } from "./config.ts";
import { fluxPins } from "./flux.ts";
import { goPins } from "./gomod.ts";
import { kubernetesPins, kustomizePins, valuesPins } from "./manifests.ts";
import { npmPins } from "./npm.ts";

/** A version that a manager extracts. */
export interface SeenPin {
  /** e.g. `flux` */
  readonly manager: string;
  readonly file: string;
  /** Where its version is in the file's text. */
  readonly start: number;
  readonly end: number;
  readonly value: string;
  /** e.g. `cert-manager` */
  readonly name: string;
  /** What rules match as `matchPackageNames`. */
  readonly packageName: string;
  readonly datasource: string;
  readonly registryUrl?: string | undefined;
  /** e.g. `replace` */
  readonly depType?: string | undefined;
}

const managers: Readonly<Record<string, (repository: Repository, config: Config) => SeenPin[]>> = {
  flux: fluxPins,
  kubernetes: kubernetesPins,
  kustomize: kustomizePins,
  "helm-values": valuesPins,
  gomod: goPins,
  npm: npmPins,
  "custom.regex": customPins,
};

/** Everything that the enabled managers extract. */
export function seenPins(repository: Repository, config: Config): SeenPin[] {
  return config.enabledManagers.flatMap((name) => {
    const manager = managers[name];
    if (manager === undefined) throw new Error(`renovate.json5 enables ${name}: these tests do not know it`);
    return manager(repository, config);
  });
}
