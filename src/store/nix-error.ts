/** What Nix says when it fails, as errors that name the fix; whether a program of Nix said it or its daemon. */
import { stripVTControlCharacters } from "node:util";
import { MORE_FILES, UserError } from "../errors.js";
import { redact } from "../redact.js";

export const NIX_FAILED = "NIX_FAILED";
export const NIX_MISSING = "NIX_MISSING";

const SHOWN_CHARACTERS = 2_000;
const HINT = "`nix-store --version` and `ls -ld /nix/store` tell whether Nix works for this user";
/** By what Nix says, or the system of Nix. */
const HINTS: readonly (readonly [RegExp, string])[] = [
  [
    /cannot connect to (socket|daemon)|Nix daemon closed the connection/,
    "start the daemon: `sudo systemctl start nix-daemon`, on macOS `sudo launchctl kickstart -k system/org.nixos.nix-daemon`",
  ],
  [/is not in the Nix store/, "use a Nix whose store is /nix/store: the paths of a lock are made for it"],
  [/EMFILE|ENFILE|Too many open files/, MORE_FILES],
  [/No space left on device|database or disk is full/, "free some space: `nix-collect-garbage`"],
  [
    /Read-only file system|remounting .* writable|read-?only database|Permission denied/,
    "the store must be one that this user may write, or have a running daemon: `ls -ld /nix/store` and `nix-store --version`",
  ],
];

/** @param cause what the system said when it was to start a program of Nix */
export function nixNotStarted(program: string, cause: Error): UserError {
  if ("code" in cause && (cause.code === "ENOENT" || cause.code === "EACCES")) return nixMissing(program);
  return nixFailed(`${program} could not be started`, cause.message);
}

function nixMissing(program: string): UserError {
  return new UserError(NIX_MISSING, `${program} is not in PATH, but this needs Nix`, {
    hint: "install Nix: https://nixos.org/download, or on Debian and Ubuntu `sudo apt install nix-bin`",
  });
}

/**
 * @param what failed, as "nix-store --realise failed (1)"
 * @param text what Nix said, of any length, with colours and whatever a substituter's URL has in it
 */
export function nixFailed(what: string, text: string): UserError {
  const said = redact(stripVTControlCharacters(text).trim());
  const shown = said.length > SHOWN_CHARACTERS ? `… ${said.slice(-SHOWN_CHARACTERS)}` : said;
  return new UserError(NIX_FAILED, `${what}:\n${shown || "it said nothing"}`, { hint: nixHint(said) });
}

/** @param said by Nix, or by the system when Nix was not reached */
export function nixHint(said: string): string {
  return HINTS.find(([words]) => words.test(said))?.[1] ?? HINT;
}
