/**
 * Bounds of one evaluation. Manifests come with merge requests, so a small file must not be able to take all time and memory:
 * every node costs a step, long results cost more, and nesting, texts and collections have a largest size.
 */
import type { ts } from "ts-morph";
import { UserError } from "../errors.js";
import { locationOf } from "./location.js";

export const LIMITS = {
  /** Work units of one file's evaluation; a literal artifact takes about 30. */
  steps: 250_000,
  /** Expressions, calls, values and imports inside one another. */
  depth: 300,
  /** UTF-16 units of one text. */
  text: 65_536,
  /** Items of an array, or fields of an object. */
  items: 10_000,
} as const;

export const TOO_COMPLEX = "MANIFEST_TOO_COMPLEX";

export class Budget {
  #steps = 0;
  #depth = 0;

  /** Starts anew for the next file. */
  reset(): void {
    this.#steps = 0;
    this.#depth = 0;
  }

  /** @throws UserError when the evaluation did more than `LIMITS.steps` units of work */
  spend(node: ts.Node, steps = 1): void {
    this.#steps += steps;
    if (this.#steps > LIMITS.steps) throw tooComplex(node, "this file takes too many steps to evaluate");
  }

  /** Runs `work` one level deeper. */
  nested<T>(node: ts.Node, work: () => T): T {
    this.spend(node);
    if (this.#depth >= LIMITS.depth)
      throw tooComplex(node, `this is nested deeper than ${LIMITS.depth} levels`);
    this.#depth += 1;
    try {
      return work();
    } finally {
      this.#depth -= 1;
    }
  }

  /** Call with the length that a text is going to have, before it is made. */
  text(node: ts.Node, length: number): void {
    if (length > LIMITS.text) throw tooComplex(node, `this text is longer than ${LIMITS.text} characters`);
    this.spend(node, Math.ceil(length / 64));
  }

  /** Call with the number of items that a collection is going to have, before it is made. */
  items(node: ts.Node, count: number): void {
    if (count > LIMITS.items) throw tooComplex(node, `this has more than ${LIMITS.items} items`);
    this.spend(node, count);
  }
}

/** An error that ends the evaluation of a file at once, other than `notStatic`, after which its siblings are still looked at. */
export function tooComplex(node: ts.Node, message: string): UserError {
  return new UserError(TOO_COMPLEX, message, {
    hint: "write the values out or split the file",
    at: locationOf(node),
  });
}
