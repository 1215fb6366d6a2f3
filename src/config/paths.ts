import { isAbsolute, join, resolve } from "node:path";

/** Absolute path of a file that the config names: `~` is the home directory, anything relative starts at the project. */
export function resolvePath(
  path: string,
  base: { readonly home: string; readonly projectRoot: string },
): string {
  if (path === "~") return base.home;
  if (path.startsWith("~/")) return join(base.home, path.slice(2));
  return isAbsolute(path) ? path : resolve(base.projectRoot, path);
}
