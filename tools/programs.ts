// What can be built, and how: one group per Go module under recipes/. Adding a set (another Kubernetes minor, another
// Flux) is adding a folder there and a group here; nothing is built that nobody asks for.
//
// Seconds are those of a first build on two cores, one after the other in the order of a group.
import { moduleVersion } from "./moduleVersion.ts";

/** How a program on PATH is asked for its version. */
export interface Probe {
  /** Name on PATH, e.g. `kubectl`. */
  readonly command: string;
  /** Words that make it print its version, e.g. `["version", "--client"]`. */
  readonly words: readonly string[];
  /** The only version that fits, e.g. `1.35.4`. */
  readonly version: string;
}

/** A program of a group. */
export interface Program {
  /** Its name in the toolbox, e.g. `kubectl` or `kube-apiserver@1.35`. */
  readonly key: string;
  /** File name of the binary, e.g. `kube-apiserver`. */
  readonly output: string;
  /** Go package, e.g. `k8s.io/kubernetes/cmd/kubectl`, or `.` for the recipe's own main. */
  readonly package: string;
  /** Values for the linker's -X, e.g. `main.Version=v1.3.1`. Default: those of the group. */
  readonly values?: readonly string[];
  /** Expected compile time in seconds. */
  readonly seconds: number;
  /** Set when a program of the same version on PATH may be used instead. */
  readonly probe?: Probe;
}

/** Programs that share a Go module. */
export interface Group {
  /** Name, and folder under recipes/, e.g. `kube-1.35`. */
  readonly name: string;
  /** Build tags, e.g. `osusergo,grpcnotrace`. Default: none. */
  readonly tags?: string;
  /** Values for the linker's -X. Default: none. */
  readonly values?: readonly string[];
  readonly programs: readonly Program[];
}

function kubernetes(minor: string, names: readonly string[]): Group {
  const version = moduleVersion(`kube-${minor}`, "k8s.io/kubernetes");
  const values = ["k8s.io/component-base/version", "k8s.io/client-go/pkg/version"].flatMap((package_) => [
    `${package_}.gitVersion=v${version}`,
    `${package_}.gitMajor=1`,
    `${package_}.gitMinor=${minor.split(".")[1] ?? ""}`,
  ]);
  // grpcnotrace is what Kubernetes' own release build sets.
  const programs = names.map((name) => kubernetesProgram(name, minor, version));
  return { name: `kube-${minor}`, tags: "grpcnotrace", values, programs };
}

const kubernetesSeconds: Readonly<Record<string, number>> = {
  "kube-apiserver": 187,
  "kube-controller-manager": 63,
  "kube-scheduler": 6,
  kubectl: 25,
};

function kubernetesProgram(name: string, minor: string, version: string): Program {
  const words = name === "kubectl" ? ["version", "--client"] : ["--version"];
  return {
    // One kubectl serves every minor.
    key: name === "kubectl" ? name : `${name}@${minor}`,
    output: name,
    package: `k8s.io/kubernetes/cmd/${name}`,
    seconds: kubernetesSeconds[name] ?? 0,
    probe: { command: name, words, version },
  };
}

const controlPlane = ["kube-apiserver", "kube-controller-manager", "kube-scheduler"];

function etcdProgram(name: string, module: string, word: string, seconds: number): Program {
  const probe = {
    command: name,
    words: [word],
    version: moduleVersion("etcd", `go.etcd.io/etcd/${module}/v3`),
  };
  return { key: name, output: name, package: `go.etcd.io/etcd/${module}/v3`, seconds, probe };
}

function fluxController(name: string, set: string, seconds: number): Program {
  return { key: `${name}@${set}`, output: name, package: `github.com/fluxcd/${name}`, seconds };
}

const pulumiVersion = "github.com/pulumi/pulumi/sdk/v3/go/common/version.Version";

const crane = moduleVersion("misc", "github.com/google/go-containerregistry");
const age = moduleVersion("misc", "filippo.io/age");
const controllerGen = moduleVersion("misc", "sigs.k8s.io/controller-tools");
const talosctl = moduleVersion("talosctl", "github.com/siderolabs/talos");
const languageHost = moduleVersion("language-host", "github.com/pulumi/pulumi/sdk/v3");
const kwok = moduleVersion("kwok", "sigs.k8s.io/kwok");
const sops = moduleVersion("flux-2.9", "github.com/getsops/sops/v3");
const pulumi = moduleVersion("pulumi", "github.com/pulumi/pulumi/pkg/v3");

/** All groups. */
export const groups: readonly Group[] = [
  {
    name: "misc",
    programs: [
      {
        key: "crane",
        output: "crane",
        package: "github.com/google/go-containerregistry/cmd/crane",
        values: [`github.com/google/go-containerregistry/cmd/crane/cmd.Version=v${crane}`],
        seconds: 5,
        probe: { command: "crane", words: ["version"], version: crane },
      },
      {
        key: "age-keygen",
        output: "age-keygen",
        package: "filippo.io/age/cmd/age-keygen",
        values: [`main.Version=v${age}`],
        seconds: 1,
        probe: { command: "age-keygen", words: ["--version"], version: age },
      },
      {
        key: "controller-gen",
        output: "controller-gen",
        package: "sigs.k8s.io/controller-tools/cmd/controller-gen",
        // It writes its version into each CRD.
        values: [`sigs.k8s.io/controller-tools/pkg/version.version=v${controllerGen}`],
        seconds: 31,
      },
    ],
  },
  {
    name: "etcd",
    programs: [
      etcdProgram("etcd", "server", "--version", 30),
      etcdProgram("etcdctl", "etcdctl", "version", 2),
      etcdProgram("etcdutl", "etcdutl", "version", 1),
    ],
  },
  {
    name: "talosctl",
    programs: [
      {
        key: "talosctl",
        output: "talosctl",
        package: "github.com/siderolabs/talos/cmd/talosctl",
        seconds: 197,
        probe: { command: "talosctl", words: ["version", "--client"], version: talosctl },
      },
    ],
  },
  {
    name: "language-host",
    programs: [
      {
        key: "pulumi-language-nodejs",
        output: "pulumi-language-nodejs",
        package: "github.com/pulumi/pulumi/sdk/v3/nodejs/cmd/pulumi-language-nodejs",
        values: [`${pulumiVersion}=v${languageHost}`],
        seconds: 20,
      },
    ],
  },
  {
    name: "kwok",
    programs: [
      {
        key: "kwok",
        output: "kwok",
        package: "sigs.k8s.io/kwok/cmd/kwok",
        seconds: 87,
        probe: { command: "kwok", words: ["--version"], version: kwok },
      },
    ],
  },
  kubernetes("1.35", [...controlPlane, "kubectl"]),
  kubernetes("1.34", controlPlane),
  {
    name: "flux-2.9",
    programs: [
      fluxController("source-controller", "2.9", 198),
      fluxController("kustomize-controller", "2.9", 45),
      fluxController("helm-controller", "2.9", 11),
      fluxController("notification-controller", "2.9", 34),
      {
        key: "sops",
        output: "sops",
        package: "github.com/getsops/sops/v3/cmd/sops",
        seconds: 2,
        // Without the second word it asks the network for news.
        probe: { command: "sops", words: ["--version", "--disable-version-check"], version: sops },
      },
    ],
  },
  {
    // Ours, of the same modules as the set before it: most of it is compiled already.
    name: "cluster-build",
    programs: [{ key: "cluster-build", output: "cluster-build", package: ".", seconds: 20 }],
  },
  {
    name: "flux-2.7",
    // notification-controller is not served in this version: the newer set's program plays it (lab/README.md).
    programs: [
      fluxController("source-controller", "2.7", 196),
      fluxController("kustomize-controller", "2.7", 31),
      fluxController("helm-controller", "2.7", 9),
    ],
  },
  {
    name: "pulumi",
    tags: "osusergo,grpcnotrace",
    programs: [
      {
        key: "pulumi",
        output: "pulumi",
        package: "github.com/pulumi/pulumi/pkg/v3/cmd/pulumi",
        values: [`${pulumiVersion}=v${pulumi}`],
        seconds: 195,
        probe: { command: "pulumi", words: ["version"], version: pulumi },
      },
    ],
  },
  {
    name: "kubernetes-provider",
    programs: [
      {
        key: "pulumi-resource-kubernetes",
        output: "pulumi-resource-kubernetes",
        package: ".",
        values: ["github.com/pulumi/pulumi-kubernetes/provider/v4/pkg/version.Version=4.25.0"],
        seconds: 395,
      },
    ],
  },
];

/** Toolbox entries that are files or folders made from modules, not programs. */
export const madeKeys = [
  "flux-manifests@v2.9.4",
  "flux-manifests@v2.7.3",
  "kubernetes-provider-schema",
  "kubernetes-definitions@1.35",
] as const;

/** What a lab needs, in the order in which it is best built: what the services and machines use comes first. */
export const labTools: readonly string[] = [
  "crane",
  "age-keygen",
  "controller-gen",
  "etcd",
  "etcdctl",
  "etcdutl",
  "talosctl",
  "pulumi-language-nodejs",
  "kwok",
  "kube-apiserver@1.35",
  "kube-controller-manager@1.35",
  "kube-scheduler@1.35",
  "kubectl",
  "source-controller@2.9",
  "kustomize-controller@2.9",
  "helm-controller@2.9",
  "notification-controller@2.9",
  "sops",
  "cluster-build",
  "kubernetes-definitions@1.35",
  "flux-manifests@v2.9.4",
  "pulumi",
  "pulumi-resource-kubernetes",
  "kubernetes-provider-schema",
];

/** What a lab needs besides to begin at older versions and be brought to the newer ones. */
export const bumpTools: readonly string[] = [
  "kube-apiserver@1.34",
  "kube-controller-manager@1.34",
  "kube-scheduler@1.34",
  "source-controller@2.7",
  "kustomize-controller@2.7",
  "helm-controller@2.7",
  "flux-manifests@v2.7.3",
];

/** A program and the group it belongs to. */
export interface Found {
  readonly group: Group;
  readonly program: Program;
}

/** Looks a program up. Default for `among`: all groups. */
export function programOf(key: string, among: readonly Group[] = groups): Found | undefined {
  for (const group of among) {
    const program = group.programs.find((candidate) => candidate.key === key);
    if (program !== undefined) return { group, program };
  }
  return undefined;
}
