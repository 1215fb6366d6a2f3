// Pieces of Markdown for pull requests.

/** A diff that opens on a click. */
export function details(summary: string, diff: string): string {
  return `<details><summary>${html(summary)}</summary>\n\n${fenced(diff)}\n\n</details>`;
}

/** A fence longer than any in the text. */
function fenced(text: string): string {
  const longest = Math.max(2, ...[...text.matchAll(/`+/g)].map(([ticks]) => ticks.length));
  const fence = "`".repeat(longest + 1);
  return `${fence}diff\n${text}\n${fence}`;
}

/** Code in a table cell: its bars would end the cell. */
export function code(text: string): string {
  return `<code>${html(text).replaceAll("|", "&#124;")}</code>`;
}

/** A text inside HTML. */
function html(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
}

/** A text inside Markdown. */
export function escape(text: string): string {
  return html(text).replaceAll(/([\\`*_|[\]])/g, "\\$1");
}
