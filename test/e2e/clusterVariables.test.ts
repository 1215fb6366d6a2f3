// How cluster-build puts variables in. No lab: it is here because the program has to be built.
import { afterEach, beforeAll, beforeEach, describe, expect, it } from "@jest/globals";
import { configFile, configMap } from "../commands/tree/treeFixture.ts";
import { ClusterBuilder, only, problemsOf } from "./clusterBuilder.ts";

const builder = new ClusterBuilder();
const { buildApp } = builder;
beforeAll(() => builder.start());
beforeEach(() => {
  builder.begin();
});
afterEach(() => {
  builder.end();
});

describe("substitution", () => {
  const settings = {
    "../flux/vars/settings.yaml": configMap("settings", '{ZONE: Berlin, LINES: "a\\nb"}', "flux-system"),
    "../flux/vars/secrets.sops.yaml":
      "apiVersion: v1\nkind: Secret\nmetadata: {name: secrets, namespace: flux-system}\n" +
      'stringData: {DOMAIN: "ENC[x]"}\nsops: {mac: x}\n',
  };
  const from = `  postBuild:
    substitute: {ZONE: mine}
    substituteFrom:
      - {kind: ConfigMap, name: settings}
      - {kind: Secret, name: secrets}
      - {kind: Secret, name: absent, optional: true}`;

  it("takes ConfigMaps, Secrets as placeholders, what is optional, and a Kustomization's own values first", async () => {
    const data = '{a: "${ZONE} ${LINES} ${DOMAIN} ${OTHER:=default} $${ZONE}"}';
    const app = await buildApp({ ...settings, "one.yaml": configMap("one", data) }, from);
    expect(only(app)["data"]).toStrictEqual({ a: "mine ab ..DOMAIN.. default ${ZONE}" });
  });

  it("passes over what opts out, and Kustomizations without postBuild", async () => {
    const one = configMap("one", '{a: "${ZONE} ${NOTHING}"}');
    const optedOut = one.replace(
      "namespace: default",
      "namespace: default, labels: {kustomize.toolkit.fluxcd.io/substitute: disabled}",
    );
    const data = { a: "${ZONE} ${NOTHING}" };
    expect(only(await buildApp({ ...settings, "one.yaml": optedOut }, from))["data"]).toStrictEqual(data);
    expect(only(await buildApp({ ...settings, "one.yaml": one }))["data"]).toStrictEqual(data);
  });

  it("reports all undefined variables of an object at once, and goes on", async () => {
    const app = await buildApp(
      { ...settings, "one.yaml": configMap("one", '{a: "${ONE} ${TWO}", b: "${ZONE}"}') },
      from,
    );
    expect(problemsOf(app)).toStrictEqual([
      "substitution | ConfigMap default/one | cluster/app/one.yaml | - | the variable ${ONE} is not defined",
      "substitution | ConfigMap default/one | cluster/app/one.yaml | - | the variable ${TWO} is not defined",
    ]);
    expect(app.objects[0]?.object["data"]).toStrictEqual({ a: "..ONE.. ..TWO..", b: "mine" });
  });

  it("replaces them by nothing where Flux is older", async () => {
    builder.fixture.write({ "cluster/flux/config/cluster.yaml": configFile("./cluster/flux", "v2.7.3") });
    const app = await buildApp({ ...settings, "one.yaml": configMap("one", '{a: "${ONE}x"}') }, from);
    expect(only(app)["data"]).toStrictEqual({ a: "x" });
  });

  it("reports a source of variables that is not there", async () => {
    const app = await buildApp({ "one.yaml": configMap("one", "{a: b}") }, from);
    expect(problemsOf(app)).toStrictEqual([
      "substitution | - | cluster/flux/app.yaml | spec.postBuild.substituteFrom |" +
        " substitute from 'ConfigMap/settings' error: configmaps \"settings\" not found",
    ]);
  });
});
