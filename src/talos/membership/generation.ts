// How the cluster knows which generation of a machine it has: an annotation of its Node, written through its config.

/** Annotation of the Node, e.g. `home-ops.dev/generation: "2"`. A first generation has none. */
export const generationAnnotation = "home-ops.dev/generation";
