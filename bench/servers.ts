/** The servers that are measured, and those that both sides ask; each a process of its own. */
import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { writeFileSync } from "node:fs";
import { createServer, type AddressInfo } from "node:net";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { CLI } from "../test/cli/run-cli.js";

const SIMULATOR = fileURLToPath(new URL("../dist/simulator/main.js", import.meta.url));

export interface Server {
  readonly url: string;
  readonly process: ChildProcess;
  end(): Promise<void>;
}

/** A GitLab with what `state` has, each of whose answers takes `latencyMs`. */
export async function startSimulator(directory: string, state: object, latencyMs = 0): Promise<Server> {
  const file = join(directory, "gitlab.json");
  writeFileSync(file, JSON.stringify(state));
  return startNode([SIMULATOR, "--state", file, "--latency", `${latencyMs}`], directory);
}

/** Serves the lock in `folder`. */
export function startProxy(folder: string, env: Readonly<Record<string, string>> = {}): Promise<Server> {
  const args = [CLI, "proxy", "--quiet", "--listen", "127.0.0.1:0", "--cache", join(folder, "cache")];
  return startNode(args, folder, env);
}

/** A program that prints its address first. */
async function startNode(args: readonly string[], cwd: string, env = {}): Promise<Server> {
  const child = spawn(process.execPath, args, {
    cwd,
    env: { ...process.env, ...env },
    stdio: ["ignore", "pipe", "ignore"],
  });
  const [line] = (await once(child.stdout, "data")) as [Buffer];
  return serverOf(child, /http:\/\/[0-9.:]+/.exec(line.toString())?.[0] ?? "");
}

/**
 * @param http directives of the `http` block
 * @param server directives of the `server` block
 */
export async function startNginx(
  directory: string,
  name: string,
  { http = "", server }: { readonly http?: string; readonly server: string },
): Promise<Server> {
  const port = await freePort();
  const file = join(directory, `${name}.conf`);
  writeFileSync(
    file,
    `daemon off; worker_processes auto; pid ${directory}/${name}.pid; error_log /dev/null;
events { worker_connections 1024; }
http {
  access_log off; sendfile on; tcp_nopush on; keepalive_requests 1000000;
  client_body_temp_path ${directory}/${name}-body; proxy_temp_path ${directory}/${name}-proxy;
  fastcgi_temp_path ${directory}/${name}-f; uwsgi_temp_path ${directory}/${name}-u; scgi_temp_path ${directory}/${name}-s;
  ${http}
  server { listen 127.0.0.1:${port}; ${server} }
}
`,
  );
  execFileSync("chmod", ["-R", "a+rX", directory]);
  const started = serverOf(spawn("nginx", ["-c", file], { stdio: "ignore" }), `http://127.0.0.1:${port}`);
  while (!(await fetch(started.url).catch(() => undefined))) await delay(20);
  return started;
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo; // listens on TCP
  server.close();
  return port;
}

function serverOf(process: ChildProcess, url: string): Server {
  return {
    url,
    process,
    async end() {
      process.kill("SIGTERM");
      if (process.exitCode === null) await once(process, "exit");
    },
  };
}
