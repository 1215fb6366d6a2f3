// How the lab's own git reaches the lab's Git host.
import { join } from "node:path";

/**
 * Environment with which `git clone|fetch|push` of an `ssh://` URL uses this key, and trusts this host only. Needs no
 * ssh program and reads nothing of the user's own SSH settings.
 * @param keyFile private key, e.g. {@link GitHost.adminKeyFile}
 * @param knownHostsLine see {@link GitHost.knownHostsLine}
 */
export function sshEnvironment(keyFile: string, knownHostsLine: string): Readonly<Record<string, string>> {
  return {
    GIT_SSH_COMMAND: `'${process.execPath}' '${join(import.meta.dirname, "sshClient.ts")}'`,
    // Otherwise git asks the program what kind of ssh it is, with an option of OpenSSH's.
    GIT_SSH_VARIANT: "ssh",
    LAB_SSH_KEY: keyFile,
    LAB_SSH_KNOWN_HOSTS: knownHostsLine,
  };
}
