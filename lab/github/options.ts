// What the lab's GitHub is made of.
import type { Send } from "./deliveries.ts";
import type { Repositories } from "./repositories.ts";
import type { GithubStore } from "./store.ts";

/** What startGithub needs. */
export interface GithubOptions {
  readonly address: string;
  readonly port: number;
  /** The token that may administer repositories and their webhooks. */
  readonly token: string;
  /** One that may only write commit statuses. Default: there is none. */
  readonly statusToken?: string;
  /** User whose token it is; owns what the lab makes. */
  readonly login: string;
  readonly store: GithubStore;
  readonly repositories: Repositories;
  /** Names that are organizations; any other owner is a user. Default: none. */
  readonly organizations?: readonly string[];
  /** Sends what webhooks are told. */
  readonly send: Send;
  readonly log: (line: string) => void;
}
