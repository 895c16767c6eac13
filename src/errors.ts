/**
 * The errors that a user can cause or mend. Everything that leaves a stage on purpose is a `UserError` (or several, as
 * `UserErrors`); anything else that reaches the command line is a bug of ours and is reported as one.
 */

/** A place in a file that the user wrote. Lines and columns count from 1, columns in UTF-16 units. */
export interface Location {
  /** Absolute, or, of a repository that is read through the API, relative to that. */
  readonly file: string;
  readonly line: number;
  readonly column: number;
}

export interface UserErrorDetails {
  /** What to do: the command to run or the edit to make. One sentence, no trailing new line. */
  readonly hint?: string | undefined;
  /** Where in the user's files; the reporter adds the code frame. */
  readonly at?: Location | undefined;
  /** Exit code of the process: 1 something failed (default), 2 the command line is wrong. */
  readonly exitCode?: 1 | 2;
  readonly cause?: unknown;
}

/**
 * One problem, told to the person who can solve it.
 *
 * `code` is stable and greppable (`SCREAMING_SNAKE`), `message` says what happened and what was expected, and never holds a
 * secret.
 */
export class UserError extends Error {
  override readonly name = "UserError";
  readonly code: string;
  readonly hint: string | undefined;
  readonly at: Location | undefined;
  readonly exitCode: 1 | 2;

  constructor(code: string, message: string, details: UserErrorDetails = {}) {
    super(message, details.cause === undefined ? {} : { cause: details.cause });
    this.code = code;
    this.hint = details.hint;
    this.at = details.at;
    this.exitCode = details.exitCode ?? 1;
  }
}

/** What is wrong and how to fix it, where it is told as a part of something else. */
export function withHint({ message, hint }: UserError): string {
  return hint === undefined ? message : `${message} Fix: ${hint}`;
}

/** Several independent problems of one run, reported together. */
export class UserErrors extends Error {
  override readonly name = "UserErrors";
  readonly errors: readonly UserError[];

  constructor(errors: readonly UserError[]) {
    super(errors.map((error) => error.message).join("\n"));
    this.errors = errors;
  }
}

/** The problems in `error`, or undefined when it is none of ours and must be treated as a bug. */
export function userErrorsOf(error: unknown): readonly UserError[] | undefined {
  if (error instanceof UserErrors) return error.errors;
  if (error instanceof UserError) return [error];
  const own = outOfFiles(error);
  return own === undefined ? undefined : [own];
}

/** What to do where the system opens no more files, which may be noticed wherever one is opened, also by Node itself. */
export const MORE_FILES =
  "allow more open files, in a shell with `ulimit -n 4096`, in a systemd unit with LimitNOFILE=4096, and run the command again";

/** The problem where the system opens no more files; undefined when `cause` is another one. */
export function outOfFiles(cause: unknown): UserError | undefined {
  const code = cause instanceof Error && "code" in cause ? cause.code : undefined;
  if (code !== "EMFILE" && code !== "ENFILE") return undefined;
  return new UserError("OUT_OF_FILES", `the system opens no more files (${String(cause)})`, {
    hint: MORE_FILES,
    cause,
  });
}

/** Each problem once: several systems of an artifact often share one. */
export function withoutRepeats(errors: readonly UserError[]): readonly UserError[] {
  const seen = new Set<string>();
  return errors.filter(({ code, message, at }) => {
    const key = JSON.stringify([code, message, at]);
    return !seen.has(key) && seen.add(key);
  });
}

/** Throws what was collected: nothing, the one error, or all of them together. */
export function throwAll(errors: readonly UserError[]): void {
  const [first, ...others] = errors;
  if (first === undefined) return;
  throw others.length === 0 ? first : new UserErrors(errors);
}
