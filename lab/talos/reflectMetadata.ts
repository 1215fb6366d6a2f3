// @peculiar/x509 registers its algorithms through tsyringe, which refuses to load without the reflection functions that
// the package reflect-metadata adds to `Reflect`. These three are all it calls. Import this file before @peculiar/x509;
// remove it when that package no longer uses tsyringe.
type Key = string | symbol;

interface ReflectMetadata {
  defineMetadata(key: Key, value: unknown, target: object): void;
  getOwnMetadata(key: Key, target: object): unknown;
  getMetadata(key: Key, target: object): unknown;
}

const reflect = Reflect as unknown as Partial<ReflectMetadata>;

if (!reflect.getMetadata) {
  const store = new WeakMap<object, Map<Key, unknown>>();
  const own = (key: Key, target: object): unknown => store.get(target)?.get(key);
  reflect.defineMetadata = (key, value, target) => {
    const entries = store.get(target) ?? new Map<Key, unknown>();
    store.set(target, entries.set(key, value));
  };
  reflect.getOwnMetadata = own;
  reflect.getMetadata = (key, target) => {
    for (let at: object | null = target; at !== null; at = Object.getPrototypeOf(at) as object | null)
      if (store.get(at)?.has(key)) return own(key, at);
    return undefined;
  };
}

export {};
