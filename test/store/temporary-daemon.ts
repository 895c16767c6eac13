import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { type TemporaryNix, temporaryNix } from "./temporary-nix.js";

/** A store as `temporaryNix`, which is reached through a daemon of its own: `env` is that of a user of the daemon. */
export async function temporaryDaemon(): Promise<TemporaryNix> {
  const store = await temporaryNix();
  const NIX_DAEMON_SOCKET_PATH = join(store.root, "socket");
  const env = { ...store.env, NIX_DAEMON_SOCKET_PATH };
  const daemon = spawn("nix-daemon", [], { env, stdio: ["ignore", "ignore", "inherit"] });
  while (!existsSync(NIX_DAEMON_SOCKET_PATH)) {
    if (daemon.exitCode !== null) throw new Error("nix-daemon ended");
    await delay(10);
  }
  return {
    ...store,
    env: { ...env, NIX_REMOTE: "daemon" },
    async remove() {
      const ended = once(daemon, "exit");
      daemon.kill();
      await ended;
      await store.remove();
    },
  };
}
