// The table of docs/config-changes.md: a change of every key of the stack config, what a preview of it lists, and what it
// causes. test/e2e/configChanges.full.test.ts makes the previews on a living cluster of one control plane and one worker.

/** Values below `home-ops:` by key, free to be changed. */
export type Values = Record<string, unknown>;

/** What a change may need to know of the cluster. */
export interface Home {
  readonly values: Values;
  /** Folder with copies: `tree` of the Git tree, `age.txt` of the age key, `secrets.yaml` of another cluster's secrets. */
  readonly copies: string;
  /** Address of the control plane. */
  readonly controlPlane: string;
}

/** A change of one key. */
export interface ConfigChange {
  /** As configKeys.ts writes it. */
  readonly key: string;
  /** The change in words, e.g. `v1.35.4 → v1.35.5`. */
  readonly change: string;
  /** The new value; of a machine's key the worker's. */
  readonly to: unknown;
  /** What it causes on a living cluster, for people. */
  readonly causes: string;
}

const sysctl = [{ machine: { sysctls: { "vm.swappiness": "1" } } }];
const upgrade = "Steps of later upgrades go by it. The steps run again now and find nothing to do.";

/** All of them, in the order of the schema. */
export const configChanges: readonly ConfigChange[] = [
  {
    key: "cluster.name",
    change: "another name",
    to: "other",
    causes:
      "Another cluster: refused for one that exists. Contexts of kubeconfig and talosconfig and the deploy key's title carry the name.",
  },
  {
    key: "cluster.endpoint",
    change: "the control plane's own address",
    to: ({ controlPlane }: Home) => `https://${controlPlane}:6443`,
    causes:
      "The API servers restart one after the other and answer to both names; then all clients move. The next `up` takes the old name out, with one more restart. [Move the endpoint](runbooks/move-the-endpoint.md).",
  },
  {
    key: "cluster.talosContract",
    change: "one minor back",
    to: "v1.11",
    causes: "Refused: another contract would make all keys anew. What is installed is `versions.talos`.",
  },
  {
    key: "network.nodeCidr",
    change: "a larger network",
    to: "127.10.0.0/16",
    causes:
      "New machine configs, control planes one after the other. Kubelets and etcd pick their addresses inside it.",
  },
  {
    key: "network.podCidr",
    change: "another network",
    to: "10.245.0.0/16",
    causes: "Refused: Nodes and pods have their addresses for life. Another network is a new cluster.",
  },
  {
    key: "network.serviceCidr",
    change: "another network",
    to: "10.112.0.0/12",
    causes: "Refused: Services have their addresses for life. Another network is a new cluster.",
  },
  {
    key: "versions.talos",
    change: "one minor up",
    to: "v1.13.9",
    causes:
      "Machines are drained, upgraded and rebooted one by one. [Raise versions](runbooks/raise-versions.md).",
  },
  {
    key: "versions.kubernetes",
    change: "a patch up",
    to: "v1.35.5",
    causes: "`talosctl upgrade-k8s`: API servers and kubelets restart one by one; no machine reboots.",
  },
  {
    key: "versions.cilium",
    change: "a patch back",
    to: "1.20.0",
    causes: "A Helm upgrade; agents restart node by node. What does not become ready is taken back.",
  },
  {
    key: "schematicId",
    change: "another image",
    to: "a".repeat(64),
    causes: "As `versions.talos`: every machine is drained, upgraded and rebooted, one by one.",
  },
  {
    key: "nodes[].name",
    change: "the worker is renamed",
    to: "other",
    causes:
      "Refused while the address stays: a machine keeps its name. To have it under another one, remove its line, run `up`, which wipes it, and add it anew. [Machines](runbooks/machines.md).",
  },
  {
    key: "nodes[].address",
    change: "the worker moves",
    to: ({ controlPlane }: Home) => controlPlane.replace(/\d+$/, "99"),
    causes:
      "`up` asks who is there. The same machine with a new lease is moved: nothing of it is drained or wiped. Other hardware takes its place: the old one is drained, leaves and is wiped. [Machines](runbooks/machines.md).",
  },
  {
    key: "nodes[].role",
    change: "worker → controlplane",
    to: "controlplane",
    causes: "Only together with `generation`: the machine leaves, is wiped and joins in its new role.",
  },
  {
    key: "nodes[].disk",
    change: "another disk",
    to: "/dev/vdb",
    causes: "The config is sent; Talos stays where it is until the machine is installed anew (`generation`).",
  },
  {
    key: "nodes[].schematicId",
    change: "an image of its own",
    to: "b".repeat(64),
    causes: "This machine is drained, upgraded and rebooted.",
  },
  {
    key: "nodes[].patches",
    change: "a sysctl",
    to: sysctl,
    causes:
      "This machine's config is sent. Talos applies it live, restarts a service or reboots the machine, as the change needs; `npm run plan` says which.",
  },
  {
    key: "nodes[].generation",
    change: "1 → 2",
    to: 2,
    causes: "The machine is drained, leaves etcd and the cluster, is wiped and joins anew.",
  },
  {
    key: "nodes[].gone",
    change: "true",
    to: true,
    causes:
      "Dead hardware: Node and etcd member are removed without asking it. From then on no other key of this machine does anything; another address or generation is refused.",
  },
  {
    key: "patches.common",
    change: "a sysctl",
    to: sysctl,
    causes: "All machines' configs are sent, control planes one after the other. See `nodes[].patches`.",
  },
  {
    key: "patches.controlplane",
    change: "a flag of the API server",
    to: [{ cluster: { apiServer: { extraArgs: { v: "2" } } } }],
    causes:
      "The control planes' configs are sent, one after the other; with one control plane the API is away meanwhile.",
  },
  {
    key: "patches.worker",
    change: "a taint",
    to: [{ machine: { nodeTaints: { dedicated: "gpu:NoSchedule" } } }],
    causes:
      "The workers' configs are sent. Labels, annotations and taints are then compared with the Nodes; what a kubelet may not set the program sets. [Machines](runbooks/machines.md).",
  },
  {
    key: "github.owner",
    change: "another owner",
    to: "other",
    causes:
      "Refused while deploy key and webhook are registered: the provider would leave them where they are. [Move the repository](runbooks/move-the-repository.md).",
  },
  {
    key: "github.repository",
    change: "another repository",
    to: "other",
    causes: "Deploy key and webhook move to the other repository; Flux keeps its keys.",
  },
  {
    key: "github.baseUrl",
    change: "another server",
    to: "https://github.example.com/",
    causes:
      "Refused while deploy key and webhook are registered: the provider would leave them where they are. [Move the repository](runbooks/move-the-repository.md).",
  },
  {
    key: "github.webhookUrl",
    change: "another host",
    to: "https://flux-hook.home.example",
    causes: "GitHub sends to the other address. [Webhook](runbooks/webhook.md).",
  },
  {
    key: "git.url",
    change: "another path",
    to: ({ values }: Home) => (values["git"] as { url: string }).url.replace(/[^/]+\.git$/, "other.git"),
    causes: "Flux reads the other repository, after the deploy key has been tried there.",
  },
  {
    key: "git.knownHosts",
    change: "one key more",
    to: ({ values }: Home) => {
      const { knownHosts } = values["git"] as { knownHosts: readonly string[] };
      return [...knownHosts, (knownHosts[0] ?? "").replace(/^\S+/, "git.example.com")];
    },
    causes: "The Secret of the deploy key changes; Flux takes it at its next look at Git.",
  },
  { key: "upgrades.workersAtOnce", change: "1 → 2", to: 2, causes: "Nothing now: later upgrades go by it." },
  { key: "upgrades.drainSeconds", change: "another limit", to: 123, causes: upgrade },
  { key: "upgrades.rebootSeconds", change: "another limit", to: 1234, causes: upgrade },
  {
    key: "upgrades.ciliumSeconds",
    change: "another limit",
    to: 678,
    causes: "A Helm revision of Cilium with the same objects; no pod restarts.",
  },
  {
    key: "suspend",
    change: "true",
    to: true,
    causes:
      "All of Flux is suspended until it is false again. [Decision 12](decisions/0012-maintenance-by-a-step.md).",
  },
  {
    key: "tree",
    change: "a copy elsewhere",
    to: ({ copies }: Home) => `${copies}/tree`,
    causes:
      "Values of Cilium and the objects of the hand-off are read there. Flux reads Git, not this folder.",
  },
  {
    key: "ageKeyFile",
    change: "a copy elsewhere",
    to: ({ copies }: Home) => `${copies}/age.txt`,
    causes:
      "Nothing with the same key. Another key goes into the Secret `age-key`; it must fit the tree's secrets.",
  },
  {
    key: "protect",
    change: "false → true",
    to: true,
    causes: "`pulumi destroy` refuses from the next run on. A preview does not list it.",
  },
  {
    key: "secretsFile",
    change: "a file, after the first `up`",
    to: ({ copies }: Home) => `${copies}/secrets.yaml`,
    causes:
      "Nothing once a run has finished: it is read for a new cluster only. Delete the line with the file.",
  },
];

/** Where the table stands. */
export const tableFile = "docs/config-changes.md";

const heading =
  "| key | change | `preview` lists | what it causes on a living cluster |\n| --- | --- | --- | --- |\n";
const marks = { begin: "<!-- table: begin -->", end: "<!-- table: end -->" } as const;

/** What a preview of each change listed, by key. */
export type Listed = Readonly<Record<string, string>>;

/** The document with another table. */
export function withTable(document: string, listed: Listed): string {
  const rows = configChanges.map(({ key, change, causes }) =>
    row([`\`${key}\``, change, listed[key] ?? "", causes]),
  );
  const [before = ""] = document.split(marks.begin);
  const after = document.split(marks.end)[1] ?? "";
  return `${before}${marks.begin}\n\n${heading}${rows.join("")}\n${marks.end}${after}`;
}

/** What the document says that a preview of each change lists. */
export function listedIn(document: string): Listed {
  const table = document.split(marks.begin)[1]?.split(marks.end)[0] ?? "";
  return Object.fromEntries(
    table
      .split("\n")
      .filter((line) => line.startsWith("| `"))
      .map((line) => {
        const [, key = "", , shown = ""] = line.split(/(?<!\\)\|/).map((cell) => cell.trim());
        return [key.replaceAll("`", ""), shown];
      }),
  );
}

function row(cells: readonly string[]): string {
  return `| ${cells.join(" | ")} |\n`;
}

/** A step of `pulumi preview --json`. Source: pulumi/pulumi pkg/display/json.go. */
export interface PreviewStep {
  readonly op: string;
  readonly urn: string;
}

/**
 * What a preview lists, short and the same on every cluster, e.g. `update: cluster-nodes-ready, talos-*-config`.
 * @param machines names of machines, which become a star
 */
export function shownSteps(steps: readonly PreviewStep[], machines: readonly string[]): string {
  const byOp = new Map<string, Set<string>>();
  for (const { op, urn } of steps) {
    // The parts of a replacement stand for themselves.
    if (op === "same" || op === "read" || op === "create-replacement" || op === "delete-replaced") continue;
    const name = machines.reduce(
      (text, machine) => text.replace(new RegExp(`-${machine}-`), "-\\*-"),
      urn.split("::").at(-1) ?? "",
    );
    byOp.set(op, (byOp.get(op) ?? new Set()).add(name));
  }
  const order = ["delete", "replace", "create", "update"];
  const groups = [...byOp].toSorted(([one], [other]) => order.indexOf(one) - order.indexOf(other));
  if (groups.length === 0) return "nothing";
  return groups.map(([op, names]) => `${op}: ${[...names].sort().join(", ")}`).join("; ");
}

/** A refused preview: the problems at their keys, without what differs from home to home. */
export function shownRefusal(output: string, key: string): string | undefined {
  const name = key.replaceAll("[]", "");
  const lines = [...output.matchAll(/^\s+([\w.[\]]+): (.*→.*)$/gm)].map(([, path = "", text = ""]) => ({
    path,
    text,
  }));
  const own = lines.find(({ path }) => path.replaceAll(/\[\d+\]/g, "").startsWith(name)) ?? lines[0];
  if (own === undefined) return undefined;
  const text = own.text
    .replaceAll(/127\.10\.\d+\.(\d+)/g, "192.0.2.$1")
    .replaceAll(/test-[\w-]+/g, "home")
    .replaceAll("|", "\\|");
  return `refused: ${text}`;
}
