// What the phases of a rehearsal work with.
import type { LabLayout } from "../../lab/layout.ts";
import type { RunOptions } from "./labRun.ts";
import type { Outcome, Report } from "./report.ts";
import type { Sides } from "./sides.ts";
import type { Place } from "./stackConfig.ts";
import type { VersionPlan } from "./versions.ts";

/** How it is done. */
export interface RehearsalOptions extends RunOptions {
  /** Leave the lab running. */
  readonly keep: boolean;
}

/** The report while it is being written. */
export type Draft = { -readonly [Key in keyof Report]: Report[Key] };

/** A phase that did not end well. */
export class Failure extends Error {
  readonly outcome: Outcome;
  readonly during: string;
  readonly messages: readonly string[];

  constructor(outcome: Outcome, during: string, messages: readonly string[]) {
    super(messages.join("\n"));
    this.outcome = outcome;
    this.during = during;
    this.messages = messages;
  }
}

/** A rehearsal that is about to begin. */
export interface Play extends RehearsalOptions {
  /** For copies of the trees. */
  readonly folder: string;
  readonly draft: Draft;
}

/** A play of which it is known what it shows. */
export interface Plot extends Play {
  readonly sides: Sides;
  readonly plan: VersionPlan;
}

/** Everything that the phases need. */
export interface Scene extends Plot {
  readonly layout: LabLayout;
  readonly place: Omit<Place, "versions">;
  /** Names of the machines. */
  readonly machines: readonly string[];
}
