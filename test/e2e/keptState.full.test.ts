// Clusters that run survive an update of this project: what a preview lists on the state that an older version left, and that
// an `up` on it restarts nothing.
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { afterAll, beforeAll, describe, expect, it, jest } from "@jest/globals";
import { previewChanges } from "./changes.ts";
import { keptState, type ExportedState } from "./keptState/keptState.ts";
import { TestLab } from "./testLab.ts";

jest.setTimeout(900_000);

/** What people see, by the commit that their cluster was made with. A change here is one for the release notes. */
const expected: Readonly<Record<string, readonly string[]>> = {
  "319565d": [
    // Steps have one program (docs/decisions/0027): each looks once more, and finds nothing to do.
    "cluster-api-ready update create: node src/bootstrap/steps/apiReady.ts → node src/step.ts wait-for-api",
    "cluster-etcd update create: node src/bootstrap/steps/etcd.ts → node src/step.ts bootstrap-etcd",
    "cluster-nodes-ready update create: node src/bootstrap/steps/nodesReady.ts → node src/step.ts wait-for-nodes",
    // The tree of today, whose root takes no variables (docs/decisions/0017).
    "flux-cluster update spec.postBuild",
    "flux-git-access update create: node src/flux/steps/gitAccess.ts → node src/step.ts try-deploy-key",
    // Each proof has what it uses: the trial of the deploy key no kubeconfig, Flux' self-management nothing of Git.
    "flux-git-access update environment.KUBECONFIG_TEXT: [secret] → nothing",
    "flux-install-bundle update create: node src/bootstrap/steps/fluxInstall.ts → node src/step.ts install-flux",
    "flux-proof update create: node src/flux/steps/proof.ts → node src/step.ts prove-hand-off",
    "flux-self-management update create: node src/flux/steps/selfManagement.ts → node src/step.ts wait-for-self-management",
    "flux-self-management update environment.DEPLOY_KEY: [secret] → nothing",
    "flux-self-management update environment.GIT_BRANCH: main → nothing",
    "flux-self-management update environment.GIT_KNOWN_HOSTS",
    "flux-self-management update environment.GIT_URL: ssh://git@192.0.2.2:2222/home/home-cluster.git → nothing",
    "flux-suspension update create: node src/flux/steps/suspension.ts → node src/step.ts suspend-flux",
    "preflight-git update create: node src/config/steps/checkGit.ts → node src/step.ts check-git",
    "protection create",
    // A component that holds what belongs to the machine; what it holds is found by its aliases.
    "talos-k8s-1 create",
    // The provider's own time limits; the same config is sent again.
    'talos-k8s-1-config update timeouts: nothing → {"create":"5m","delete":"5m","update":"5m"}',
    "talos-k8s-1-inspect update create: node src/talos/steps/inspectMachine.ts → node src/step.ts inspect-machine",
    "talos-k8s-1-member update create: node src/talos/steps/settleMachine.ts → node src/step.ts settle-machine",
    "talos-k8s-1-member update delete: node src/talos/steps/removeMachine.ts → node src/step.ts remove-machine",
    "talos-k8s-1-os update create: node src/talos/steps/upgradeOs.ts → node src/step.ts upgrade-os",
    "talos-k8s-2 create",
    'talos-k8s-2-config update timeouts: nothing → {"create":"5m","delete":"5m","update":"5m"}',
    "talos-k8s-2-inspect update create: node src/talos/steps/inspectMachine.ts → node src/step.ts inspect-machine",
    "talos-k8s-2-member update create: node src/talos/steps/settleMachine.ts → node src/step.ts settle-machine",
    "talos-k8s-2-member update delete: node src/talos/steps/removeMachine.ts → node src/step.ts remove-machine",
    "talos-k8s-2-os update create: node src/talos/steps/upgradeOs.ts → node src/step.ts upgrade-os",
    "talos-kubernetes update create: node src/talos/steps/upgradeKubernetes.ts → node src/step.ts upgrade-kubernetes",
    "talos-prepare update create: node src/talos/steps/prepareUpgrade.ts → node src/step.ts prepare-upgrade",
  ],
};

interface Pod {
  readonly metadata: { readonly name: string; readonly uid: string };
  readonly status: {
    readonly containerStatuses?: readonly {
      readonly state: { readonly running?: { readonly startedAt: string } };
    }[];
  };
}

describe("a cluster that an older version made", () => {
  let lab: TestLab;
  beforeAll(async () => {
    lab = await TestLab.restored("small");
  });
  afterAll(async () => {
    await lab.destroy();
  });

  /** Not by lab.run: what that prints is searched for secrets. */
  const pulumi = (words: readonly string[], input = ""): string => {
    const { status, stdout, stderr } = spawnSync("pulumi", words, {
      env: lab.environment(),
      input,
      encoding: "utf8",
      maxBuffer: 64 * 1024 * 1024,
    });
    assert.equal(status, 0, stderr);
    return stdout;
  };
  /** What another boot, another pod or another start of a container would change. */
  const running = async (): Promise<unknown> => {
    const { machines } = await lab.status();
    const { items } = await lab.get<{ items: readonly Pod[] }>(["pods", "-A"]);
    return {
      machines: machines.map(({ name, state, bootId }) => ({ name, state, bootId })),
      pods: items.map(({ metadata, status }) => ({
        name: metadata.name,
        uid: metadata.uid,
        started: status.containerStatuses?.map(({ state }) => state.running?.startedAt),
      })),
    };
  };

  it.each(Object.entries(expected))(
    "of %s shows in a preview what is known, and an up restarts nothing",
    async (commit, changes) => {
      const live = JSON.parse(pulumi(["stack", "export", "--show-secrets"])) as ExportedState;
      const { name, servicesAddress } = lab.layout;
      const network = servicesAddress.split(".").slice(0, 3).join(".");
      pulumi(["stack", "import"], JSON.stringify(keptState(commit, live, { stack: name, network })));
      const shown = (await previewChanges(lab)).map((change) => change.replaceAll(`${network}.`, "192.0.2."));
      expect(shown).toStrictEqual(changes);
      const before = await running();
      await lab.finish();
      expect(await running()).toStrictEqual(before);
      expect(await previewChanges(lab)).toStrictEqual([]);
    },
  );
});
