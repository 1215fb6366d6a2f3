// Pulumi's screen, for tests.
import { jest } from "@jest/globals";
import * as pulumi from "@pulumi/pulumi";

/** Keeps what is said there, e.g. `warn: …`, until jest.restoreAllMocks. @param logged what it is added to, emptied */
export function keepLog(logged: string[]): void {
  logged.length = 0;
  for (const level of ["info", "warn"] as const)
    jest.spyOn(pulumi.log, level).mockImplementation((message) => {
      logged.push(`${level}: ${message}`);
      return Promise.resolve();
    });
}
