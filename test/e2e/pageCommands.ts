// The commands of a page of documentation, to be run as they stand there.

/** A fenced block. */
export interface Block {
  /** The heading of the second level that it is under; empty before the first. */
  readonly heading: string;
  /** e.g. `sh` */
  readonly language: string;
  readonly text: string;
}

/** All fenced blocks of a page, in its order. */
export function blocksOf(markdown: string): Block[] {
  const blocks: Block[] = [];
  let heading = "";
  for (const match of markdown.matchAll(
    /^## (?<heading>.+)$|^```(?<language>\w+)\n(?<text>[\s\S]*?)^```$/gm,
  )) {
    const { heading: found, language = "", text = "" } = match.groups ?? {};
    if (found === undefined) blocks.push({ heading, language, text });
    else heading = found;
  }
  return blocks;
}
