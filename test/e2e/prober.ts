// The lab's prober, for a lab of a test.
import { Prober as LabProber } from "../../lab/prober.ts";
import type { TestLab } from "./testLab.ts";

/** A running prober. */
export class Prober extends LabProber {
  constructor(lab: TestLab) {
    super(lab.layout);
  }
}
