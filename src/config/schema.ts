// The stack config, key by key: what stands in Pulumi.<stack>.yaml under `home-ops:`. Rules of single values are here,
// rules between values in checks/.
import { z } from "zod";
import { minorOf } from "../versions/version.ts";
import {
  chartVersion,
  cidr,
  dnsLabel,
  ipv4,
  list,
  path,
  section,
  text,
  vVersion,
  wholeNumber,
} from "./fields.ts";
import { knownHostsLine } from "./knownHostsLine.ts";
import { show } from "./problem.ts";
import { nearest } from "./suggest.ts";
import { endpoint, githubBaseUrl, gitUrl, webhookUrl } from "./urlFields.ts";

function contractOf(version: string): string | undefined {
  const minor = minorOf(version);
  return minor && `v${minor}`;
}

/** A machine's part in the cluster. */
const roles = ["controlplane", "worker"] as const;

/** What people of other tools write. */
const otherNames: Readonly<Record<string, (typeof roles)[number]>> = {
  master: "controlplane",
  agent: "worker",
  node: "worker",
};

const role = z.enum(roles, {
  error: ({ input }) => {
    if (input === undefined) return "is missing → set it to controlplane or worker";
    const meant = otherNames[String(input)] ?? nearest(String(input), roles);
    return `no such role: ${show(input)} → write ${meant ?? "controlplane or worker"}`;
  },
});

/** A strategic merge patch of a machine config, or a whole document to add. Source: Talos docs, configuration patches. */
const patch = z.record(z.string(), z.unknown(), {
  error: ({ input }) =>
    `${show(input)} is not an object → write the patch as a piece of machine config (JSON patches are not supported)`,
});

const patches = list(patch, "machine config patches").default([]);

const schematicId = text({
  expected: "a schematic id of the Image Factory: 64 hex digits",
  example: "376567988ad370138ad8b2698212367b8edcb69b5fd68c80be1f2ec7d603b4ba",
  test: (value) => /^[0-9a-f]{64}$/.test(value),
  advice: () => "take the id that factory.talos.dev shows for your system extensions",
});

const flag = z.boolean({
  error: ({ input }) => `${show(input)} is neither true nor false → write true or false`,
});

/** Folder of the Git tree where the stack config names none. */
export const defaultTree = "cluster";

const node = section({
  /** The machine's host name, and its name in the cluster. A DNS label, e.g. `k8s-1`. Change: refused at the same address; at another one it is another machine, and the old one is drained, taken out of the cluster and wiped. */
  name: dnsLabel("node name", "k8s-1"),
  /** Its IPv4 address, inside `network.nodeCidr`, fixed in the router, e.g. `192.0.2.11`. Change: a machine that answers there as this one is moved; other hardware takes the place of the old one, which is drained, taken out of the cluster and wiped. */
  address: ipv4,
  /** `controlplane` (etcd and the API; an odd number of them) or `worker`. Change: together with `generation` only, the machine is wiped. */
  role,
  /** The disk that Talos is installed on, e.g. `/dev/nvme0n1` or a link below `/dev/disk/by-id`. Change: no effect before the machine is installed anew (`generation`). */
  disk: text({
    expected: "a disk below /dev/",
    example: "/dev/nvme0n1",
    test: (value) => /^\/dev\/[\w./:-]+$/.test(value) && !value.includes(".."),
    meant: (value) => `/dev/${value.replace(/^(\/?dev)?\//, "")}`,
  }),
  /** Image of this machine only, where it needs other system extensions, e.g. a GPU. Default: the stack's `schematicId`. Change: OS upgrade with a reboot. */
  schematicId: schematicId.optional(),
  /** Patches for this machine only, applied last. Default: none. Change: a new machine config; what needs a reboot says so. */
  patches,
  /** Counts up to have the machine anew: re-imaged hardware at its address, another role, another disk. Default 1. Change: drained, out of etcd, wiped where it still runs, joined anew. */
  generation: wholeNumber(1, 1_000_000, "a generation").default(1),
  /** True when the hardware is dead: its Node and its etcd member are removed without asking it, and it is never reset. Default false. */
  gone: flag.default(false),
});

/** Everything under `home-ops:`. Unknown keys are errors. */
export const stackSchema = section({
  cluster: section({
    /** Name of the cluster, e.g. `home`; in contexts of kubeconfig and talosconfig and in the deploy key's title. Change: not possible on a living cluster. */
    name: dnsLabel("cluster name", "home"),
    /** Where clients reach the Kubernetes API, e.g. `https://192.0.2.10:6443`: a virtual address, or the machine's own when there is one control plane. Change, at the same port: certificates get both names, then all clients move; the next `up` takes the old name out. */
    endpoint,
    /** Version of Talos for which machine configs are written, e.g. `v1.13`. Frozen at the cluster's birth: lowering it would make all keys anew. */
    talosContract: text({
      expected: "a Talos contract vX.Y",
      example: "v1.13",
      test: (value) => value === contractOf(value),
      meant: contractOf,
    }),
  }),
  network: section({
    /** The machines' network, IPv4, e.g. `192.0.2.0/24`. Change: new machine configs. */
    nodeCidr: cidr("192.0.2.0/24"),
    /** Addresses of pods, e.g. `10.244.0.0/16`; used nowhere else. Change: not possible on a living cluster. */
    podCidr: cidr("10.244.0.0/16"),
    /** Addresses of services, e.g. `10.96.0.0/12`; used nowhere else. Change: not possible on a living cluster. */
    serviceCidr: cidr("10.96.0.0/12"),
  }),
  versions: section({
    /** Talos that is installed, e.g. `v1.13.9`. Change: machines are upgraded one by one, each reboots. */
    talos: vVersion("v1.13.9"),
    /** Kubernetes, e.g. `v1.36.3`. Change: upgraded by `talosctl upgrade-k8s`, one minor at a time. */
    kubernetes: vVersion("v1.36.3"),
    /** The Cilium chart, without v, e.g. `1.20.1`. Change: a Helm upgrade. */
    cilium: chartVersion("1.20.1"),
  }),
  /** Image of all machines, as the Image Factory names it: 64 hex digits that stand for a list of system extensions. Change: OS upgrade with reboots. */
  schematicId,
  /** The machines. */
  nodes: list(node, "machines").min(1, { error: "is empty → add the machines of the cluster" }),
  /** Machine config patches, from the general to the particular; values in them may be encrypted. Default: none. Change: a new machine config; what needs a reboot says so. */
  patches: section({ common: patches, controlplane: patches, worker: patches }).prefault({}),
  github: section({
    /** User or organisation that owns the repository, e.g. `home`. Change: refused while deploy key and webhook are registered there; runbook. */
    owner: text({
      expected: "a user or organisation of GitHub",
      example: "home",
      test: (value) => /^[A-Za-z0-9](-?[A-Za-z0-9]){0,38}$/.test(value),
    }),
    /** Name of the repository, without owner and `.git`, e.g. `home-cluster`. Change: the deploy key moves. */
    repository: text({
      expected: "the name of a repository, without owner and .git",
      example: "home-cluster",
      test: (value) => /^[\w.-]{1,100}$/.test(value) && !value.endsWith(".git"),
      meant: (value) => /([^/]+?)(\.git)?\/*$/.exec(value)?.[1],
    }),
    /** Another GitHub than github.com, e.g. `https://github.example.com/`. Default: github.com. Change: as of `owner`. */
    baseUrl: githubBaseUrl.optional(),
    /** Where GitHub reaches the Receiver of the tree, e.g. `https://flux-webhook.home.example`: a push then reconciles at once. Default: no webhook, Flux looks at its intervals. Change: the webhook at GitHub changes. */
    webhookUrl: webhookUrl.optional(),
  }),
  git: section({
    /** Where Flux reads the tree, an `ssh://` URL. Default: the one in `cluster/flux/config/cluster.yaml`. Change: one line in the preview. */
    url: gitUrl.optional(),
    /** Keys that the Git host may show: lines of a known_hosts file. Default for github.com: its published keys; any other host needs at least one. */
    knownHosts: list(knownHostsLine, "lines of a known_hosts file").default([]),
  }).prefault({}),
  /** How machines are upgraded. */
  upgrades: section({
    /** How many workers go down at once; control planes always go one by one. Default 1. */
    workersAtOnce: wholeNumber(1, 50, "the number of workers").default(1),
    /** Seconds for evicting a machine's pods before it is upgraded. Default 300. When they are over, the upgrade stops with the machine untouched. */
    drainSeconds: wholeNumber(10, 7_200, "seconds").default(300),
    /** Seconds from the upgrade call until the machine runs again. Default 1200: servers test themselves for long. */
    rebootSeconds: wholeNumber(10, 7_200, "seconds").default(1_200),
    /** Seconds until Cilium's pods are all ready after a change of it. Default 600: pulling its images over a home's line takes minutes. When they are over, Helm goes back to what ran before. */
    ciliumSeconds: wholeNumber(10, 7_200, "seconds").default(600),
  }).prefault({}),
  /** True suspends everything of Flux for maintenance: nothing is applied, corrected or upgraded until it is false again. Default false. Change: one line for each object of Flux that Pulumi owns; the first `up` of a cluster and a bump of Flux need false. */
  suspend: flag.default(false),
  /** Folder of the Git tree, relative to the project. Default `cluster`. */
  tree: path(defaultTree).default(defaultTree),
  /** File with the age key that decrypts the tree's secrets; `~` is the home directory. Default `~/.config/sops/age/home-ops.txt`. Change of the key: runbook. */
  ageKeyFile: path("~/.config/sops/age/home-ops.txt").default("~/.config/sops/age/home-ops.txt"),
  /** Guards the stack: `destroy` deletes nothing. Default true; false for a cluster to throw away. Change: takes one `up`. */
  protect: flag.default(true),
  /** Existing secrets of a Talos cluster to take over, written by `talosctl gen secrets`. Default: new ones. Read once, at the first `up`; afterwards key and file can go. */
  secretsFile: path("~/secrets.yaml").optional(),
});

/** A valid stack config, defaults filled in. */
export type StackInput = z.output<typeof stackSchema>;
