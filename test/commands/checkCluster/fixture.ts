// Fixtures of check:cluster: the tree in base/ with one thing wrong in it at a time. A fixture's file says what is changed
// (`replace`: texts in files; `write`: files with their text, base64 where it is no text; `remove`; `link`) and the exact
// findings.
import assert from "node:assert/strict";
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { parse } from "yaml";
import type { Reported } from "../../../commands/checkCluster/checkTree.ts";

/** Folder of the fixtures: one folder per rule. */
export const fixtures = join(import.meta.dirname, "fixtures");

/** The tree that all fixtures change. Nothing is wrong with it. */
export const base = join(import.meta.dirname, "base");

/** A fixture as it stands in its file. Paths are relative to base/. */
export interface Fixture {
  readonly replace?: Readonly<Record<string, Readonly<Record<string, string>>>>;
  readonly write?: Readonly<Record<string, string | { readonly base64: string }>>;
  readonly remove?: readonly string[];
  readonly link?: Readonly<Record<string, string>>;
  readonly kubernetes?: string;
  readonly findings: readonly Reported[];
}

/** Reads a fixture. */
export function readFixture(file: string): Fixture {
  return parse(readFileSync(join(fixtures, file), "utf8")) as Fixture;
}

/** A copy of the base with the changes of a fixture, for as long as `use` takes. */
export async function withTree<T>(
  fixture: Omit<Fixture, "findings">,
  use: (root: string) => T | Promise<T>,
): Promise<T> {
  const root = mkdtempSync(join(tmpdir(), "home-ops-check-"));
  try {
    cpSync(base, root, { recursive: true });
    change(root, fixture);
    return await use(root);
  } finally {
    rmSync(root, { recursive: true });
  }
}

function change(
  root: string,
  { replace = {}, write = {}, remove = [], link = {} }: Omit<Fixture, "findings">,
): void {
  for (const path of remove) rmSync(join(root, path), { recursive: true });
  for (const [path, content] of Object.entries(write)) {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(
      join(root, path),
      typeof content === "string" ? content : Buffer.from(content.base64, "base64"),
    );
  }
  for (const [path, texts] of Object.entries(replace)) {
    let text = readFileSync(join(root, path), "utf8");
    for (const [from, to] of Object.entries(texts)) {
      assert.ok(text.includes(from), `${path} has no ${from}`);
      text = text.replace(from, () => to);
    }
    writeFileSync(join(root, path), text);
  }
  for (const [path, target] of Object.entries(link)) symlinkSync(target, join(root, path));
}
