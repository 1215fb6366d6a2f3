// "Did you mean …?"

/** Advice on a misspelt word, e.g. `did you mean talosContract?`; undefined when no candidate is near. */
export function didYouMean(word: string, candidates: readonly string[]): string | undefined {
  const meant = nearest(word, candidates);
  return meant && `did you mean ${meant}?`;
}

/** The candidate that a misspelt word most probably means; undefined when none is near. */
export function nearest(word: string, candidates: readonly string[]): string | undefined {
  const plain = (text: string): string => text.toLowerCase().replaceAll(/[^a-z0-9]/g, "");
  const [best] = candidates
    .map((candidate) => ({ candidate, letters: distance(plain(word), plain(candidate)) }))
    .toSorted((one, other) => one.letters - other.letters);
  // A third of the letters may be wrong; more is another word.
  const most = Math.max(1, Math.floor(word.length / 3));
  return best !== undefined && best.letters <= most ? best.candidate : undefined;
}

/** Levenshtein distance: letters to insert, delete or replace. */
function distance(one: string, other: string): number {
  let row = Array.from({ length: other.length + 1 }, (_, index) => index);
  for (const [index, letter] of Array.from(one).entries()) {
    const next = [index + 1];
    for (const [column, otherLetter] of Array.from(other).entries())
      next.push(
        Math.min(
          (next[column] ?? 0) + 1,
          (row[column + 1] ?? 0) + 1,
          (row[column] ?? 0) + (letter === otherLetter ? 0 : 1),
        ),
      );
    row = next;
  }
  return row.at(-1) ?? 0;
}
