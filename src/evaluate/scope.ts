/** Names and their values, evaluated when first asked for. */
import type { Value } from "./value.js";

type Binding = () => Value;

export class Scope {
  readonly #bindings = new Map<string, Binding>();
  readonly #parent: Scope | undefined;

  constructor(parent?: Scope) {
    this.#parent = parent;
  }

  /** Declares a name; `binding` is called each time that it is used. */
  declare(name: string, binding: Binding): void {
    this.#bindings.set(name, binding);
  }

  lookup(name: string): Binding | undefined {
    return this.#bindings.get(name) ?? this.#parent?.lookup(name);
  }

  /** All names that can be seen from here. */
  names(): readonly string[] {
    return [...this.#bindings.keys(), ...(this.#parent?.names() ?? [])];
  }
}

/** Runs `make` at most once; `onCycle` makes the error for a value that needs itself. */
export function lazily<T>(make: () => T, onCycle: () => Error): () => T {
  let done: { readonly value: T } | undefined;
  let busy = false;
  return () => {
    if (done !== undefined) return done.value;
    if (busy) throw onCycle();
    busy = true;
    try {
      done = { value: make() };
      return done.value;
    } finally {
      busy = false;
    }
  };
}
