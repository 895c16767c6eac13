import { inspect } from "node:util";

/** What every accidental way of printing a secret shows. */
const SHOWN = "[secret]";

/**
 * A value that cannot be printed, logged or serialised by accident. `reveal` is the only way to it, so that a search for
 * `reveal(` finds every place that uses a secret.
 */
export class Secret {
  readonly #value: string;

  constructor(value: string) {
    this.#value = value;
  }

  /** The value itself: for a request header and for nothing else. */
  reveal(): string {
    return this.#value;
  }

  toString(): string {
    return SHOWN;
  }

  toJSON(): string {
    return SHOWN;
  }

  [inspect.custom](): string {
    return SHOWN;
  }
}
