// An encrypted value of the stack config, as it travels through the program.
import { inspect } from "node:util";
import { isNested } from "./walk.ts";

/** Stands in every text that is made of one by mistake. */
const hidden = "[secret]";

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
  if (value instanceof SecretText) return true;
  return isNested(value) && Object.values(value).some(hasSecret);
}

/** A copy of a value with the texts in place of those that hide them. Handle it as the secret that it is. */
export function revealed(value: unknown): unknown {
  if (value instanceof SecretText) return value.reveal();
  return copy(value, revealed);
}

/** A copy of plain data that keeps what is hidden hidden; structuredClone would make empty objects of it. */
export function cloned(value: unknown): unknown {
  return copy(value, cloned);
}

function copy(value: unknown, child: (value: unknown) => unknown): unknown {
  if (value instanceof SecretText) return value;
  if (Array.isArray(value)) return value.map(child);
  if (!isNested(value)) return value;
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, child(inner)]));
}
