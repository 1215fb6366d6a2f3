// An encrypted value of the stack config, as it travels through the program.
import { inspect } from "node:util";
import { hidden } from "../steps/redact.ts";
import { leavesOf, mapChildren } from "./walk.ts";

/** A text that shows itself only to whoever asks for it by name: in JSON, messages and errors it is `[secret]`. */
export class SecretText {
  readonly #text: string | undefined;

  /** @param text undefined where only its encrypted form is known, as in a stack file that no engine has read */
  constructor(text: string | undefined) {
    this.#text = text;
  }

  /** The text itself; undefined where it is not known. For what is marked as a secret or never leaves this computer. */
  reveal(): string | undefined {
    return this.#text;
  }

  toJSON(): string {
    return hidden;
  }

  toString(): string {
    return hidden;
  }

  [inspect.custom](): string {
    return hidden;
  }
}

/** Whether a value is or holds an encrypted one. */
export function hasSecret(value: unknown): boolean {
  return leavesOf(value).some(([, leaf]) => leaf instanceof SecretText);
}

/** A copy of a value with the texts in place of those that hide them. Handle it as the secret that it is. */
export function revealed(value: unknown): unknown {
  return value instanceof SecretText ? value.reveal() : mapChildren(value, revealed);
}
