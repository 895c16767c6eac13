/**
 * What GitLab's own client, glab, is logged in with. glab is asked rather than its file read: `glab config get token --host
 * HOST` (manual page glab-config-get). Its hosts are keys that the user logged in to, so they bind the token.
 */
import { runProgram } from "../program.js";
import { withoutTokens } from "./child-environment.js";
import { headersFor } from "./headers.js";
import { Secret } from "./secret.js";
import { type Environment, type Source, setting } from "./source.js";

const TIMEOUT_MS = 5_000;

export function glabSource(env: Environment): Source {
  return {
    async find(url) {
      if (setting(env, "PATH") === undefined) return undefined;
      const key = await keyOf(url, env);
      const token = key === undefined ? undefined : await configured("token", key, env);
      if (token === undefined) return undefined;
      const source = `glab (host ${key})`;
      return { credential: { headers: headersFor(new Secret(token), "user", source), source } };
    },
  };
}

/** glab keys its hosts with their port, or without one and with the port in `api_host`. */
async function keyOf({ host, hostname }: URL, env: Environment): Promise<string | undefined> {
  if (host === hostname) return host;
  if ((await configured("token", host, env)) !== undefined) return host;
  return (await configured("api_host", hostname, env)) === host ? hostname : undefined;
}

async function configured(name: string, host: string, env: Environment): Promise<string | undefined> {
  const finished = await runProgram("glab", ["config", "get", name, "--host", host], {
    env: { ...withoutTokens(env), NO_PROMPT: "1" },
    timeoutMs: TIMEOUT_MS,
  });
  const value = finished?.code === 0 ? finished.stdout.trim() : "";
  return value === "" ? undefined : value;
}
