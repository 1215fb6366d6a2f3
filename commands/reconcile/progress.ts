// What `npm run reconcile` prints: one line for each Kustomization and HelmRelease that changes, and a last one.
import { chainOf, rootCauses, type Cause } from "../flux/causes.ts";
import { type Health } from "../flux/health.ts";
import { shortRevision } from "../../src/flux/ready.ts";
import { nextStep, word } from "../flux/remedies.ts";
import type { Paint } from "../paint.ts";
import { isJudged, lookOf, type Before, type Verdict } from "./verdicts.ts";

/** After so long without a line people wonder. */
const longestSilenceMs = 10_000;

/** The lines. Says each thing once. */
export class Progress {
  readonly #say: (line: string) => void;
  readonly #paint: Paint;
  readonly #said = new Map<string, string>();
  #isFirst = true;
  #lastLine = Date.now();
  #lastWork = "";

  constructor(say: (line: string) => void, paint: Paint) {
    this.#say = (line) => {
      this.#lastLine = Date.now();
      say(line);
    };
    this.#paint = paint;
  }

  /** What is new since the last time. What was there all along is one line together. */
  show(all: readonly Health[], verdicts: ReadonlyMap<string, Verdict>, before: Before): void {
    const causes = rootCauses(all);
    const judged = all.filter(isJudged);
    if (this.#isFirst) {
      const there = judged.filter(({ name }) => verdicts.get(name) === "done");
      for (const { name } of there) this.#said.set(name, "done");
      if (there.length > 0 && there.length < judged.length)
        this.#say(`${String(there.length)} of ${String(judged.length)} are there already`);
      this.#isFirst = false;
    }
    for (const health of judged) {
      const verdict = verdicts.get(health.name) ?? "pending";
      const key = verdict === "failed" ? `failed ${health.message}` : verdict;
      if (verdict === "pending" || this.#said.get(health.name) === key) continue;
      this.#said.set(health.name, key);
      // Its Kustomization was applied anew, and nothing of it was for this release.
      const isUntouched =
        health.object.kind === "HelmRelease" && before.looks.get(health.name) === lookOf(health.object);
      if (verdict === "done" && isUntouched) continue;
      this.#line(health, verdict, causes);
    }
    this.#workAfterSilence(judged.filter(({ name }) => verdicts.get(name) === "pending"));
  }

  /** Who is waited for, when nothing else has been said for a while, and only when that is news. */
  #workAfterSilence(pending: readonly Health[]): void {
    const [first] = pending.toSorted(
      (one, other) => Number(one.state !== "working") - Number(other.state !== "working"),
    );
    if (first === undefined || Date.now() - this.#lastLine < longestSilenceMs) return;
    const others = pending.length === 1 ? "" : ` (and ${String(pending.length - 1)} more)`;
    const text = `${this.#paint("dim", "·")} at work: ${first.name}: ${first.message}`;
    if (text !== this.#lastWork) this.#say(`${text}${others}`);
    this.#lastWork = text;
  }

  #line(health: Health, verdict: Verdict, causes: readonly Cause[]): void {
    const { name, object, message } = health;
    const applied = String(object.status?.["lastAppliedRevision"] ?? "");
    if (verdict === "done")
      this.#say(`${this.#paint("green", "✓")} ${name} ${applied === "" ? message : shortRevision(applied)}`);
    else if (verdict === "failed") this.failure(name, message, nextStep(health));
    else if (verdict === "suspended")
      this.#say(`${this.#paint("yellow", "‖")} ${name} is suspended: npm run flux -- resume ${word(health)}`);
    else this.#say(`${this.#paint("yellow", "…")} ${name} ${chainOf(health, causes) ?? message}`);
  }

  failure(name: string, message: string, todo: string): void {
    this.#say(`${this.#paint("red", "✗")} ${name}: ${message}\n    → ${todo}`);
  }

  pending(name: string, message: string): void {
    this.#say(`${this.#paint("yellow", "…")} ${name} is not there yet: ${message}`);
  }

  end(judged: readonly Health[], verdicts: ReadonlyMap<string, Verdict>, settled: boolean): void {
    const count = (wanted: Verdict): number =>
      judged.filter(({ name }) => verdicts.get(name) === wanted).length;
    const parts = (
      [
        ["done", "Ready"],
        ["failed", "failed"],
        ["blocked", "waiting for those"],
        ["suspended", "suspended"],
        ["pending", "not there yet"],
      ] as const
    ).flatMap(([verdict, words]) => (count(verdict) === 0 ? [] : [`${String(count(verdict))} ${words}`]));
    this.#say(`${parts.join(", ")}${settled ? "" : "; the time is over, and Flux goes on by itself"}`);
  }
}
