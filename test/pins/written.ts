// Everything in the repository that looks like a pinned version, found without any idea of what Renovate sees.
import ts from "typescript";
import type { Repository } from "./config.ts";

/** A text that looks like a pinned version. */
export interface WrittenPin {
  readonly file: string;
  readonly line: number;
  readonly start: number;
  readonly end: number;
  /** e.g. `v1.13.9` */
  readonly text: string;
  /** The line that it is in. */
  readonly context: string;
}

// Three numbers; an IP address and an object identifier have more.
const version = /(?<![\d.])v?\d+\.\d+\.\d+(?!\d|\.[\d$<])(?:[-+][0-9A-Za-z][0-9A-Za-z.+-]*)?/g;
// An image of a named registry with a tag that has a number in it.
const image =
  /(?<![\w./-])[a-z0-9-]+(?:\.[a-z0-9-]+)+\/(?:[a-z0-9._-]+\/)*[a-z0-9._-]+:(?=[\w.-]*\d)\w[\w.-]*/g;
// Whatever a manifest pins by a key, in whatever form.
const keyed = /(?<=^\s*(?:- )?(?:tag|version|newTag|image|ref):\s*["']?)(?!\$)[^\s"'{#]*\d[^\s"'#]*/gm;

/** A text in which only the parts at these places are left; the rest is blank. */
function only(text: string, places: readonly (readonly [number, number])[]): string {
  const kept: string[] = text.split("").map((character) => (character === "\n" ? character : " "));
  for (const [start, end] of places) for (let at = start; at < end; at += 1) kept[at] = text[at] ?? " ";
  return kept.join("");
}

/** Texts and patterns of a program: comments hold examples and sources, code without quotes holds no version. */
function literals(file: string, text: string): string {
  const places: [number, number][] = [];
  const visit = (node: ts.Node): void => {
    if (ts.isLiteralExpression(node) || ts.isTemplateHead(node) || ts.isTemplateMiddleOrTemplateTail(node))
      places.push([node.getStart(source), node.getEnd()]);
    node.forEachChild(visit);
  };
  const source = ts.createSourceFile(file, text, ts.ScriptTarget.Latest);
  visit(source);
  return only(text, places);
}

function blank(text: string, comment: RegExp): string {
  return text.replace(comment, (found) => " ".repeat(found.length));
}

/** A file without its comments, every character where it was. */
function withoutComments(file: string, text: string): string {
  if (/\.(ts|mts|mjs|js)$/.test(file)) return literals(file, text);
  if (/\.(proto|json5|go|mod)$/.test(file)) return blank(text, /(?<=^|\s)\/\/.*$/gm);
  // What a program printed once; commands are in blocks of other languages.
  if (file.endsWith(".md")) return blank(text, /^```text\n[\s\S]*?^```$/gm);
  return blank(text, /(?<=^|\s)#.*$/gm);
}

/** All of them, by file and place. */
export function writtenPins(repository: Repository): WrittenPin[] {
  return [...repository].flatMap(([file, text]) => {
    const code = withoutComments(file, text);
    const expressions = /^cluster\/.*\.ya?ml/.test(file) ? [version, image, keyed] : [version, image];
    const found = expressions.flatMap((expression) =>
      [...code.matchAll(expression)].map((match): [number, number] => [
        match.index,
        match.index + match[0].length,
      ]),
    );
    return outermost(found).map(([start, end]): WrittenPin => {
      const before = text.slice(0, start).split("\n");
      const context = `${before.at(-1) ?? ""}${text.slice(start).split("\n")[0] ?? ""}`;
      return { file, line: before.length, start, end, text: text.slice(start, end), context };
    });
  });
}

/** Places that are not inside of another one. */
function outermost(places: readonly [number, number][]): [number, number][] {
  const sorted = [...places].sort((a, b) => a[0] - b[0] || b[1] - a[1]);
  return sorted.filter(([, end], at) => !sorted.slice(0, at).some(([, earlier]) => earlier >= end));
}
