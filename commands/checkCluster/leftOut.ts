// What Flux does not fetch, in words.
import { inRepository, type TreeModel } from "../../tree/index.ts";

/** e.g. `which .sourceignore leaves out ("/apps/media"), so Flux does not fetch it`; undefined where Flux has it. */
export function leftOutText({ files, place }: TreeModel, path: string): string | undefined {
  const by = files.leftOutBy(path);
  if (by === undefined) return undefined;
  const who =
    by.origin === undefined
      ? "Flux leaves out by itself"
      : `${inRepository(place, by.origin.file)} leaves out`;
  return `which ${who} ("${by.text}"), so it is not there for Flux`;
}
