/**
 * The text of the first file in a tar archive that is wanted by its name; undefined when there is none. Source: POSIX ustar,
 * blocks of 512 bytes; of a header the name in bytes 0-99, the size in octal in bytes 124-135.
 * @param isWanted gets the name as it stands there; some archives begin it with `./`
 */
export function fileInTar(tar: Buffer, isWanted: (name: string) => boolean): string | undefined {
  for (let at = 0; at + block <= tar.length;) {
    const name = tar.toString("utf8", at, at + 100).replace(/\0.*$/s, "");
    if (name === "") return undefined;
    const size = Number.parseInt(tar.toString("latin1", at + 124, at + 136), 8) || 0;
    if (isWanted(name)) return tar.toString("utf8", at + block, at + block + size);
    at += block + Math.ceil(size / block) * block;
  }
  return undefined;
}

const block = 512;
