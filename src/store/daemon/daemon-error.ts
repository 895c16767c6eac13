import { UserError } from "../../errors.js";
import { nixFailed, nixHint } from "../nix-error.js";

/** The code of the error for a daemon that cannot be spoken to: not there, not one, or too old. */
export const NO_DAEMON = "NIX_NO_DAEMON";

/** @param what came, for the message */
export function unknownAnswer(what: string): UserError {
  return new UserError(
    "NIX_UNKNOWN_ANSWER",
    `the Nix daemon answered what this version does not know: ${what}`,
    {
      hint: "tested are Nix 2.8, 2.26 and 2.34; `nix store ping` says which one answers",
    },
  );
}

/** @param why it is none, for the message */
export function noDaemon(why: string, cause?: unknown): UserError {
  return new UserError(NO_DAEMON, `cannot speak to the Nix daemon: ${why}`, { hint: nixHint(why), cause });
}

/** @param said what else is known about it */
export function connectionClosed(said: string): UserError {
  return nixFailed("the Nix daemon closed the connection", said);
}
