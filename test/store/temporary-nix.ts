import { execFile } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";

const execute = promisify(execFile);

/** A Nix store of its own whose paths are those of /nix/store; the files lie under `root`. */
export interface TemporaryNix {
  readonly root: string;
  readonly env: NodeJS.ProcessEnv;
  /** Runs a Nix program in this store. */
  run(program: string, ...args: string[]): Promise<{ stdout: string; stderr: string }>;
  remove(): Promise<void>;
}

/** A store below another root is built in as in a sandbox. What a distribution shows there by default need not exist here. */
const CONFIG = "sandbox = false\nsandbox-paths =\nsubstituters =\nbuild-users-group =\n";

export async function temporaryNix(): Promise<TemporaryNix> {
  const root = await mkdtemp(join(tmpdir(), "nix-artifacts-test-store-"));
  const env = {
    ...process.env,
    NIX_REMOTE: `local?root=${root}`,
    NIX_CONF_DIR: "/nonexistent",
    NIX_USER_CONF_FILES: "",
    NIX_CONFIG: CONFIG,
    XDG_CACHE_HOME: join(root, "cache"), // where Nix remembers for a month what a cache at the same port had
  };
  return {
    root,
    env,
    run: (program, ...args) => execute(program, args, { env, encoding: "utf8", maxBuffer: 1 << 26 }),
    async remove() {
      await execute("chmod", ["-R", "u+w", root]);
      await rm(root, { recursive: true, force: true });
    },
  };
}
