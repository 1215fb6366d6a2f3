/**
 * Annotation that makes the Kubernetes provider write as field manager `home-ops` in creates and updates. Without it
 * provider 4.25 takes a random manager per create, and a create that was killed half-way conflicts with its own repeat.
 */
export const fieldManager = { "pulumi.com/patchFieldManager": "home-ops" } as const;
