// Variables that nobody defines. Flux 2.9 refuses to build a Kustomization with one of them, long after the push; here
// it is one message before anything is touched.
//
// Flux replaces `${NAME}` after the build, in every Kustomization but those that opt out. Names come from the ConfigMap
// and the Secret in flux/vars (a SOPS file's keys are readable), and from a Kustomization's own postBuild.substitute.
import { readFileSync } from "node:fs";
import { join, posix } from "node:path";
import { isScalar, LineCounter, parseAllDocuments, visit, type Document } from "yaml";
import { isYaml, listFiles, readDocuments, readObjects, type TreeObject } from "./yamlFiles.ts";

/** Label with which a Kustomization opts out of decryption and substitution. */
const optOut = "substitution.flux.home.arpa/disabled";
/** Annotation or label with which one object does. Source: fluxcd/kustomize-controller v1.9 docs/spec/v1/kustomizations.md. */
const objectOptOut = "kustomize.toolkit.fluxcd.io/substitute";

interface Reference {
  readonly name: string;
  readonly line: number;
}

/** One text per name and file: `apps/default/echo/app/ingress.yaml:7 uses ${DOMAIN}, which …`. */
export function undefinedVariables(root: string): readonly string[] {
  const known = definedVariables(root);
  const kustomizations = fluxKustomizations(root);
  return [...listFiles(root, "flux"), ...listFiles(root, "apps")]
    .filter((file) => !/\.(sops\.yaml|example|md)$/.test(file))
    .flatMap((file) => {
      const owner = kustomizations.find(({ path }) => file.startsWith(`${path}/`));
      if (owner?.disabled === true) return [];
      const seen = new Set<string>([...known, ...(owner?.variables ?? [])]);
      return references(root, file).flatMap(({ name, line }) => {
        if (seen.has(name)) return [];
        seen.add(name);
        return [
          `${file}:${String(line)} uses \${${name}}, which nothing defines; add it to flux/vars, give it a default` +
            ` (\${${name}:=…}), or write $\${${name}} for the text itself`,
        ];
      });
    });
}

/** Keys of every ConfigMap and Secret in flux/vars; an example stands for a file that is still missing. */
function definedVariables(root: string): readonly string[] {
  return listFiles(root, "flux/vars")
    .filter((file) => isYaml(file.replace(/\.example$/, "")))
    .flatMap((file) => readObjects(root, file))
    .filter(({ kind }) => kind === "ConfigMap" || kind === "Secret")
    .flatMap((object) => Object.keys({ ...(object["data"] as object), ...(object["stringData"] as object) }));
}

/** Flux Kustomizations of the tree, the deepest path first. */
function fluxKustomizations(
  root: string,
): readonly { readonly path: string; readonly disabled: boolean; readonly variables: readonly string[] }[] {
  const objects: readonly TreeObject[] = [...listFiles(root, "flux"), ...listFiles(root, "apps")]
    .filter((file) => isYaml(file) && !file.endsWith(".sops.yaml"))
    .flatMap((file) => readObjects(root, file))
    .filter(
      ({ apiVersion, kind }) => kind === "Kustomization" && apiVersion.startsWith("kustomize.toolkit."),
    );
  return objects
    .map(({ metadata, spec }) => ({
      // `./cluster/apps/default/echo/app` in the repository is `apps/default/echo/app` in the tree.
      path: posix.normalize(String(spec?.["path"] ?? "")).replace(/^cluster\//, ""),
      disabled: metadata.labels?.[optOut] === "true",
      variables: Object.keys((spec?.["postBuild"] as { substitute?: object } | undefined)?.substitute ?? {}),
    }))
    .sort((a, b) => b.path.length - a.path.length);
}

function references(root: string, file: string): readonly Reference[] {
  const text = readFileSync(join(root, file), "utf8");
  // Generated ConfigMaps take other files in as they are.
  if (!isYaml(file)) return inText(text, 1);
  readDocuments(root, file);
  const lines = new LineCounter();
  const documents = parseAllDocuments(text, { lineCounter: lines });
  return (Array.isArray(documents) ? documents : []).flatMap((document) => inDocument(document, lines));
}

/** Values and keys only: comments are gone after the build. */
function inDocument(document: Document, lines: LineCounter): readonly Reference[] {
  const metadata = (document.toJS() as Partial<TreeObject> | null)?.metadata;
  if ({ ...metadata?.labels, ...metadata?.annotations }[objectOptOut] === "disabled") return [];
  const found: Reference[] = [];
  visit(document, {
    Scalar: (_key, node) => {
      if (!isScalar(node) || typeof node.value !== "string") return;
      const { line } = lines.linePos(node.range?.[0] ?? 0);
      found.push(...inText(node.value, line));
    },
  });
  return found;
}

/** Names without a default. Source: fluxcd/pkg envsubst, which knows `${NAME}` and its operators, and `$${` for itself. */
function inText(text: string, line: number): readonly Reference[] {
  return [...text.matchAll(/(?<!\$)\$\{([A-Za-z_]\w*)(:?[-=])?[^}]*\}/g)].flatMap(
    ([, name = "", fallback]) => (fallback === undefined ? [{ name, line }] : []),
  );
}
