// Where the real programs are. Everything in lab/ gets them through this, nothing looks on PATH by itself.

/** Absolute paths by name: `etcd`, `talosctl`, or with the minor of a set, `kube-apiserver@1.35`, `source-controller@2.9`. */
export type Toolbox = Readonly<Record<string, string>>;

/** Path of a program. @throws Error naming what there is when it is missing */
export function tool(toolbox: Toolbox, name: string): string {
  const path = toolbox[name];
  if (path !== undefined) return path;
  const family = name.split("@")[0] ?? name;
  const others = Object.keys(toolbox).filter((key) => key.startsWith(`${family}@`));
  throw new Error(
    `${name} is not among the tools${others.length > 0 ? `; there is ${others.join(", ")}` : ""}`,
  );
}
