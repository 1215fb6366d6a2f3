// What the phases of a rehearsal work with.
import type { LabLayout } from "../../lab/layout.ts";
import type { RunOptions } from "./labRun.ts";
import type { Outcome, Report } from "./report.ts";
import type { Sides } from "./sides.ts";
import type { Place } from "./stackConfig.ts";
import type { VersionPlan } from "./versions.ts";

/** The report while it is being written. */
export type Draft = { -readonly [Key in keyof Report]: Report[Key] };

/** Everything that the phases need. */
export interface Scene extends RunOptions {
  readonly sides: Sides;
  readonly plan: VersionPlan;
  readonly layout: LabLayout;
  readonly place: Omit<Place, "versions">;
  /** Names of the machines. */
  readonly machines: readonly string[];
  readonly draft: Draft;
}

/** A phase that did not end well: what was being done, and what is said of it. */
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
