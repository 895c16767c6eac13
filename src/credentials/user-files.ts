/** Where a user's own files are: https://specifications.freedesktop.org/basedir-spec. A relative path there counts as unset. */
import { isAbsolute, join } from "node:path";
import { type Environment, setting } from "./source.js";

/** Settings that the user made; undefined when the user has no home. */
export function settingsFile(env: Environment): string | undefined {
  return below(env, "XDG_CONFIG_HOME", ".config", "settings.json");
}

/** The file that `artifacts auth netrc --install` writes for Nix. */
export function netrcFile(env: Environment): string | undefined {
  return below(env, "XDG_CONFIG_HOME", ".config", "netrc");
}

/** What is remembered of the ends of tokens. */
export function tokenEndsFile(env: Environment): string | undefined {
  return below(env, "XDG_STATE_HOME", ".local/state", "token-ends.json");
}

/** Folder of what `artifacts auth login` stored. */
export function loginsFolder(env: Environment): string | undefined {
  return below(env, "XDG_DATA_HOME", ".local/share", "logins");
}

/** Folder of what Node compiled of this program: no other user may write there, because it is run. */
export function compiledCodeFolder(env: Environment): string | undefined {
  return below(env, "XDG_CACHE_HOME", ".cache", "compiled");
}

function below(env: Environment, variable: string, fallback: string, name: string): string | undefined {
  const chosen = setting(env, variable);
  const home = setting(env, "HOME");
  if (chosen !== undefined && isAbsolute(chosen)) return join(chosen, "nix-artifacts", name);
  return home === undefined ? undefined : join(home, fallback, "nix-artifacts", name);
}
