/** The story that `artifacts demo` tells: every step is the real command, run as a user would run it. */
import type { ChildProcess } from "node:child_process";
import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { cp, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import { homedir, tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { withoutTokens } from "../credentials/child-environment.js";
import { UserError } from "../errors.js";
import type { EmbeddedGitLab } from "../simulator/simulator.js";
import { startCompany } from "./company.js";
import { createShell, type Shell } from "./shell.js";
import { filesBelow, filesWith } from "./leak-search.js";

const PACKAGE = fileURLToPath(new URL("../..", import.meta.url));

export interface DemoOptions {
  readonly env: Readonly<NodeJS.ProcessEnv>;
  readonly print: (text: string) => void;
  readonly signal: AbortSignal;
  /** Leaves the directory for a closer look. */
  readonly keep: boolean;
}

export interface DemoResult {
  readonly directory: string;
  readonly storePaths: readonly string[];
  readonly filesSearched: number;
}

/**
 * Runs the demo.
 *
 * @throws UserError DEMO_FAILED when a step does not do what it should, NIX_MISSING when there is no Nix
 */
export async function runDemo(options: DemoOptions): Promise<DemoResult> {
  const env = withoutTokens(options.env);
  const token = `glpat-${randomBytes(15).toString("base64url")}`;
  const directory = await mkdtemp(join(tmpdir(), "artifacts-demo-"));
  const cache = join(env["XDG_CACHE_HOME"] ?? join(homedir(), ".cache"), "nix-artifacts", "demo");
  options.print("# a GitLab with two private projects, whose jobs built real programs\n");
  const gitlab = await startCompany(token, { cache, env });
  try {
    await writeWorkspace(directory, gitlab.url);
    return await tell({ ...options, env, token, gitlab, directory });
  } finally {
    await gitlab.close();
    if (!options.keep) await rm(directory, { recursive: true, force: true });
  }
}

interface Scene extends DemoOptions {
  readonly token: string;
  readonly gitlab: EmbeddedGitLab;
  readonly directory: string;
}

async function tell(scene: Scene): Promise<DemoResult> {
  const shell = await createShell(scene);
  scene.print(`${scene.gitlab.url}, artifacts in an object storage at ${scene.gitlab.storageUrl}\n`);
  await shell.say("what we want, typed");
  await shell.run("cat manifests/esbuild.ts");

  await shell.say("resolve, hash, lock; the token is in the environment of this one command");
  await shell.run("artifacts lock", { token: true });
  await shell.run("cat nix/artifacts/overlay.nix");

  const proxied = await buildThroughProxy(scene, shell);
  const required = await buildAfterFetch(shell);
  const searched = await searchForToken(scene, shell, [proxied, required]);
  return { directory: scene.directory, storePaths: [proxied, required], filesSearched: searched };
}

/** Fetch mode `proxy`: the derivation asks the proxy, the proxy asks GitLab. */
async function buildThroughProxy(scene: Scene, shell: Shell): Promise<string> {
  await shell.say("fetch mode `proxy`: Nix asks a proxy on this machine, and only the proxy has the token");
  await forgetPath(shell, "esbuild");
  const proxy = await startProxy(scene, shell);
  try {
    const path = await build(shell, "esbuild");
    await shell.run(`${path} --version`);
    return path;
  } finally {
    proxy.kill("SIGTERM");
    await once(proxy, "exit");
  }
}

/** Fetch mode `require`: the derivation only says what is missing; the user fetches it as themselves. */
async function buildAfterFetch(shell: Shell): Promise<string> {
  await shell.say("fetch mode `require`: without the bytes the build says what to do …");
  await forgetPath(shell, "lefthook");
  await shell.run(buildCommand("lefthook"), { fails: true });
  await shell.say("… and after doing it the same build finds them");
  await shell.run("artifacts fetch lefthook", { token: true });
  const path = await build(shell, "lefthook");
  await shell.run(`${path} version`);
  return path;
}

async function searchForToken(scene: Scene, shell: Shell, paths: readonly string[]): Promise<number> {
  await shell.say("is the token in the lock, the overlay, the derivations, the store or the proxy's log?");
  const derivations = await shell.capture(`nix-instantiate ${EVALUATE} -A esbuild -A lefthook`);
  const closure = await shell.capture(`nix-store -qR ${derivations.split("\n").join(" ")}`);
  const files = [
    ...(await filesBelow(scene.directory)),
    ...closure.split("\n").filter((path) => path.endsWith(".drv")),
    ...paths,
  ];
  const leaks = await filesWith(scene.token, files);
  if (leaks.length > 0 || scene.gitlab.leaks.length > 0) {
    throw new UserError(
      "DEMO_FAILED",
      `the token was found in: ${leaks.join(", ") || "a request to the storage"}`,
    );
  }
  scene.print(`no: ${files.length} files searched, and the object storage never saw it\n`);
  return files.length;
}

async function writeWorkspace(directory: string, gitlab: string): Promise<void> {
  await cp(join(PACKAGE, "manifests"), join(directory, "manifests"), { recursive: true });
  const proxy = `http://127.0.0.1:${await freePort()}`;
  const config = `import { defineConfig } from "nix-artifacts";

export default defineConfig({
  gitlab: ${JSON.stringify(gitlab)},
  proxy: ${JSON.stringify(proxy)},
});
`;
  await writeFile(join(directory, "artifacts.config.ts"), config);
  await writeFile(join(directory, "default.nix"), DEFAULT_NIX);
}

/** In a real repository this is `import nixpkgs { overlays = [ … ]; }`; the stand-in needs no network. */
const DEFAULT_NIX = `let
  pkgs = import ${join(PACKAGE, "nix/stand-in")} {
    overlays = [ (import ./nix/artifacts/overlay.nix) ];
  };
in
pkgs.artifacts
`;
const EVALUATE = "default.nix";

function buildCommand(name: string): string {
  return `nix-build ${EVALUATE} -A ${name} --no-out-link`;
}

async function build(shell: Shell, name: string): Promise<string> {
  return (await shell.run(buildCommand(name))).trim().split("\n").at(-1) ?? "";
}

/** An earlier demo may have left the path in the store; then nothing would be shown. */
async function forgetPath(shell: Shell, name: string): Promise<void> {
  const path = await shell.capture(`nix-instantiate --eval ${EVALUATE} -A ${name}.outPath`);
  await shell.capture(`nix-store --delete ${path.trim().replaceAll('"', "")} 2>&1 || true`);
}

async function startProxy({ directory, signal }: Scene, shell: Shell): Promise<ChildProcess> {
  const log = join(directory, "proxy.log");
  const proxy = shell.start("artifacts proxy --cache proxy-cache", log);
  for (let tries = 0; tries < 200 && !signal.aborted; tries += 1) {
    if ((await readFile(log, "utf8").catch(() => "")).includes("serving")) return proxy;
    await new Promise((resolve) => setTimeout(resolve, 25));
  }
  proxy.kill();
  throw new UserError("DEMO_FAILED", `the proxy did not start: ${await readFile(log, "utf8")}`);
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  server.close();
  await once(server, "close");
  if (address === null || typeof address === "string") throw new Error("a TCP server has an address");
  return address.port;
}
