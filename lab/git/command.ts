// What a Git client asks for over SSH: the command line that it sends, and the answer to one that is not allowed.
// Texts are GitHub's.

/** Sends or takes objects. */
export type GitService = "upload-pack" | "receive-pack";

/** A command a Git client sent. */
export interface GitCommand {
  readonly service: GitService;
  readonly owner: string;
  readonly repository: string;
}

/**
 * Takes `git-upload-pack '/home/home-cluster.git'` apart. Path with or without leading slash and `.git`.
 * @returns undefined for anything that is no Git command on `<owner>/<repository>`
 */
export function parseGitCommand(line: string): GitCommand | undefined {
  const [, service, quoted] = /^git[- ](upload-pack|receive-pack) (.+)$/.exec(line) ?? [];
  if (service === undefined || quoted === undefined) return undefined;
  const path = unquote(quoted).replace(/^\/+/, "").replace(/\/+$/, "");
  const [, owner, repository] = /^([A-Za-z0-9][\w-]*)\/([\w.-]+?)(?:\.git)?$/.exec(path) ?? [];
  if (owner === undefined || repository === undefined || /^\.+$/.test(repository)) return undefined;
  return { service: service as GitService, owner, repository };
}

/** Undoes Git's quoting for a shell: `'it'\''s'` is `it's`. Source: git quote.c sq_quote_buf. */
function unquote(word: string): string {
  if (!word.startsWith("'")) return word;
  return word.replace(/'([^']*)'|\\(.)/g, (_all, plain: string | undefined, escaped: string | undefined) => {
    return plain ?? escaped ?? "";
  });
}

/** Why a command is refused, word for word as github.com says it on stderr. */
export const refusals = {
  unknownRepository: "ERROR: Repository not found.\n",
  readOnly: "ERROR: The key you are authenticating with has been marked as read only.\n",
  noShell: (name: string) =>
    `Hi ${name}! You've successfully authenticated, but GitHub does not provide shell access.\n`,
  notGit: (command: string) =>
    `Invalid command: '${command}'\n  You appear to be using ssh to clone a git:// URL.\n` +
    `  Make sure your core.gitProxy config option and the\n  GIT_PROXY_COMMAND environment variable are NOT set.\n`,
} as const;
