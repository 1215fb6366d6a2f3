// What the check of the Git side agrees on with what runs it.
import { z } from "zod";
import { gitHost, text, type Contract } from "../steps/contract.ts";

/** Checks the Git side of the config against the world. */
export const checkGit = {
  name: "check-git",
  inputs: {
    /** The GitHub provider reads GITHUB_BASE_URL as well; an empty value would mean "no host". */
    github: z.object({ owner: text, repository: text, baseUrl: text.optional() }),
    webhookUrl: text.optional(),
    git: gitHost,
    /**
     * Whether the cluster is there already. Then a site that is down stops nothing here: what needs it says so when its turn
     * comes, and the last proof says whether Flux reads Git.
     */
    established: z.boolean().optional(),
    /** Given while no cluster is there: another one of this name is refused. */
    clusterName: text.optional(),
    /** Public keys that this stack has made. */
    ownKeys: z.array(text).optional(),
  },
  inherited: { githubToken: text.optional() },
  timeoutSeconds: 90,
} satisfies Contract;
