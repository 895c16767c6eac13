/** `artifacts hook`: runs the script that Nix runs after each build, for those who wrap it. Loads nothing that a build would wait for. */
import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";

/** What `post-build-hook` in nix.conf names. */
export const HOOK_SCRIPT = fileURLToPath(new URL("../../nix/post-build-hook.sh", import.meta.url));

/**
 * Puts what was built into the spool. A hook that fails would fail the build: whatever is wrong, this returns.
 *
 * @param args `--spool DIR` or `--spool=DIR`; anything else is passed over
 * @param env with Nix's `DRV_PATH` and `OUT_PATHS`
 */
export function runHook(args: readonly string[], env: Readonly<NodeJS.ProcessEnv>): void {
  const { values } = parseArgs({ args: [...args], options: { spool: { type: "string" } }, strict: false });
  const rest = typeof values.spool === "string" ? [values.spool] : [];
  spawnSync("/bin/sh", [HOOK_SCRIPT, ...rest], { env: { ...env }, stdio: ["ignore", "inherit", "inherit"] });
}
