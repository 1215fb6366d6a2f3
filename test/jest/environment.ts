// A test file's globals. jest gives each file a realm and a copy of the environment; the program has one of each.
import { TestEnvironment } from "jest-environment-node";

/** What is thrown by Node itself, e.g. for a missing file, and comes from the other realm. */
const thrownByNode = { Error, TypeError };

export default class extends TestEnvironment {
  readonly #variables = { ...process.env };

  override async setup(): Promise<void> {
    await super.setup();
    const { global } = this;
    // Programs that are started without `env` get the environment of this process: what a test sets has to be there.
    global.process.env = process.env;
    for (const [name, outer] of Object.entries(thrownByNode)) {
      const inner = (global as unknown as Record<string, ErrorConstructor>)[name];
      if (inner === undefined) continue;
      const isInner = inner[Symbol.hasInstance].bind(inner);
      Object.defineProperty(inner, Symbol.hasInstance, {
        value(this: unknown, error: unknown) {
          if (this !== inner) return Function.prototype[Symbol.hasInstance].call(this as () => void, error);
          return isInner(error) || error instanceof outer;
        },
      });
    }
  }

  override async teardown(): Promise<void> {
    for (const name of Object.keys(process.env)) Reflect.deleteProperty(process.env, name);
    Object.assign(process.env, this.#variables);
    await super.teardown();
  }
}
