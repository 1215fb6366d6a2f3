// Who imports whom, and where that goes round in a circle.
import { readdirSync, readFileSync } from "node:fs";
import { join, posix } from "node:path";
import ts from "typescript";

/** An import of one file by another, both written from the project's root. */
export interface Import {
  readonly from: string;
  readonly to: string;
  /** Whether only types come with it, so that nothing is loaded. */
  readonly isType: boolean;
}

/** All imports of project files in the TypeScript files below some folders. @param root absolute path */
export function importsIn(root: string, folders: readonly string[]): readonly Import[] {
  return folders.flatMap((folder) =>
    readdirSync(join(root, folder), { recursive: true, encoding: "utf8" })
      .filter((name) => name.endsWith(".ts"))
      .flatMap((name) => {
        const file = `${folder}/${name}`;
        return importsOf(file, readFileSync(join(root, file), "utf8"));
      }),
  );
}

/** The imports of one file, dynamic ones too. */
export function importsOf(from: string, text: string): readonly Import[] {
  const found: Import[] = [];
  const add = (specifier: ts.Node | undefined, isType: boolean): void => {
    if (specifier === undefined || !ts.isStringLiteral(specifier) || !specifier.text.startsWith(".")) return;
    found.push({ from, to: posix.join(posix.dirname(from), specifier.text), isType });
  };
  const visit = (node: ts.Node): void => {
    if (ts.isImportDeclaration(node)) add(node.moduleSpecifier, isTypeImport(node.importClause));
    else if (ts.isExportDeclaration(node)) add(node.moduleSpecifier, node.isTypeOnly);
    else if (ts.isImportTypeNode(node) && ts.isLiteralTypeNode(node.argument))
      add(node.argument.literal, true);
    else if (ts.isCallExpression(node) && node.expression.kind === ts.SyntaxKind.ImportKeyword)
      add(node.arguments[0], false);
    ts.forEachChild(node, visit);
  };
  visit(ts.createSourceFile(from, text, ts.ScriptTarget.Latest));
  return found;
}

function isTypeImport(clause: ts.ImportClause | undefined): boolean {
  return clause?.phaseModifier === ts.SyntaxKind.TypeKeyword;
}

/** Circles between files, each as `a.ts → b.ts → a.ts`. */
export function fileCircles(imports: readonly Import[]): readonly string[] {
  return circlesIn(imports.map(({ from, to }) => [from, to]));
}

/**
 * Circles between folders, each as `src/a → src/b → src/a`. In every folder each sub-folder counts as one thing, and each file
 * as one of its own: a folder's own files may both open its sub-folders and be used by them.
 */
export function folderCircles(imports: readonly Import[]): readonly string[] {
  return circlesIn(
    imports.map(({ from, to }) => {
      const [one, other] = [from.split("/"), to.split("/")];
      const fork = one.findIndex((part, at) => part !== other[at]) + 1;
      return [one.slice(0, fork).join("/"), other.slice(0, fork).join("/")];
    }),
  );
}

/** One circle through each arrow that leads back, in an order that goes deep first. */
function circlesIn(arrows: readonly (readonly [from: string, to: string])[]): readonly string[] {
  const next = Map.groupBy(arrows, ([from]) => from);
  const done = new Set<string>();
  const circles = new Set<string>();
  const walk = (at: string, path: readonly string[]): void => {
    const before = path.indexOf(at);
    if (before >= 0) circles.add([...path.slice(before), at].join(" → "));
    if (before >= 0 || done.has(at)) return;
    for (const [, to] of next.get(at) ?? []) walk(to, [...path, at]);
    done.add(at);
  };
  for (const at of [...next.keys()].sort()) walk(at, []);
  return [...circles];
}
