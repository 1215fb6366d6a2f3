// The home that every lab plays: what its stack config says and the services around it must agree on.

/** Owner and name of the Git repository that the cluster is in. */
export const home = { owner: "home", repository: "home-cluster" } as const;

/** Where the Internet reaches the Receiver of the tree: `flux-webhook.` and the example's SECRET_DOMAIN. */
export const webhookHost = "flux-webhook.home.example";

/** What the example of the tree's Secret `github-status-token` holds: at the lab's GitHub a token that works. */
export const statusToken = "github_pat_put-your-token-here";

/** Versions that a new lab's stack begins with. */
export const versions = {
  talos: "v1.12.0",
  kubernetes: "v1.35.4",
  cilium: "1.20.1",
  /** Contract of the generated machine configs. */
  talosContract: "v1.12",
} as const;

/** What the Image Factory and the registries have besides, so that there is something to bump from and to. */
export const published = {
  talos: ["v1.11.6", "v1.12.0", "v1.13.9"],
  kubernetes: ["v1.34.4", "v1.35.4"],
  cilium: ["1.18.5", "1.19.7", "1.20.0", "1.20.1"],
} as const;

/** Plain Talos at the Image Factory: the hash of an empty schematic. */
export const schematicId = "376567988ad370138ad8b2698212367b8edcb69b5fd68c80be1f2ec7d603b4ba";

/** Helm repository of Cilium, which the program installs itself, so that the tree does not name it. */
export const ciliumRepository = "https://helm.cilium.io/";

/** Flux's artifacts that the registry has, by tag; the older one only where its controllers were built. */
export const fluxVersions = ["v2.9.4", "v2.7.3"] as const;

/** Networks of the cluster. */
export const network = { podCidr: "10.244.0.0/16", serviceCidr: "10.96.0.0/12" } as const;
