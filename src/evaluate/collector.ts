/** Collects the errors of independent parts so that one run reports all of them. */
import { throwAll, type UserError, userErrorsOf } from "../errors.js";
import { TOO_COMPLEX } from "./budget.js";

export class Collector {
  readonly #errors = new Map<string, UserError>();

  /**
   * The result of `work`, or undefined when it ended with errors of the user, which are kept. A problem that is reached in
   * several ways (a shared file, a function called twice) is kept once.
   */
  attempt<T>(work: () => T): T | undefined {
    try {
      return work();
    } catch (error) {
      const problems = userErrorsOf(error);
      if (problems === undefined) throw error;
      for (const problem of problems) this.add(problem);
      return undefined;
    }
  }

  add(error: UserError): void {
    const { file, line, column } = error.at ?? {};
    this.#errors.set(JSON.stringify([error.code, error.message, file, line, column]), error);
  }

  get errors(): readonly UserError[] {
    return [...this.#errors.values()];
  }

  /** True when an exhausted budget makes it pointless to look at the next part. */
  get exhausted(): boolean {
    return this.errors.some((error) => error.code === TOO_COMPLEX);
  }

  throwIfAny(): void {
    throwAll(this.errors);
  }
}
