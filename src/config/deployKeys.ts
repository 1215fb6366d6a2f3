// What this program registers at a repository of GitHub, as everybody has to call it who looks for it.

/** Type of a deploy key in the state. */
export const deployKeyType = "github:index/repositoryDeployKey:RepositoryDeployKey";

/** Type of a webhook in the state. */
export const webhookType = "github:index/repositoryWebhook:RepositoryWebhook";

/** Title of a cluster's deploy key at GitHub, e.g. `home-ops: home`. Another cluster of that name has the same. */
export function deployKeyTitle(clusterName: string): string {
  return `home-ops: ${clusterName}`;
}

/** What of a public key in OpenSSH's format makes it that key: kind and key, without the comment, which GitHub drops. */
export function keyMaterial(key: string): string {
  return key.trim().split(/\s+/).slice(0, 2).join(" ");
}
