/** A rehearsal that cannot take place; printed without a stack, with what to do. */
export class RehearsalError extends Error {
  constructor(message: string, todo: string) {
    super(`${message}\n  → ${todo}`);
  }
}
