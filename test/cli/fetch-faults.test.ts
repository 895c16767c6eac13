/** `artifacts fetch` where Nix does not do its part: what a person reads, what the shell gets, and what is valid afterwards. */
import { execFileSync } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdtempSync, readdirSync, rmSync, statSync } from "node:fs";
import { connect, createServer, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, expect, test, vi } from "vitest";
import { type EmbeddedGitLab, startGitLab } from "../../src/simulator/simulator.js";
import { sampleBytes } from "../store/samples.js";
import { temporaryDaemon } from "../store/temporary-daemon.js";
import { type TemporaryNix, temporaryNix } from "../store/temporary-nix.js";
import { makeRepository } from "./repository.js";
import { type CliOptions, runCli } from "./run-cli.js";

const TOKEN = "glpat-fetchfaults000000000";
const BIG = 30_000_000;

let gitlab: EmbeddedGitLab;
let repository: string;
beforeAll(async () => {
  gitlab = await startGitLab();
  gitlab.addToken({ token: TOKEN, kind: "personal", scopes: ["read_api"] });
  gitlab.addProject({ path: "platform/acme" });
  const files = { acme: sampleBytes(1_000_000, "acme"), big: sampleBytes(BIG, "big") };
  gitlab.addPipeline("platform/acme", { ref: "main", jobs: [{ name: "build", artifacts: { files } }] });
  const big = `import { defineArtifact } from "nix-artifacts";
export default defineArtifact({
  name: "big", gitlab: ${JSON.stringify(gitlab.url)}, project: "platform/acme", ref: { branch: "main" },
  job: "build", file: "big", systems: "any",
});
`;
  repository = makeRepository({ gitlab: gitlab.url }, { "manifests/big.ts": big });
  expect(await runCli(["lock"], { cwd: repository, env: { GITLAB_TOKEN: TOKEN } })).toMatchObject({
    code: 0,
  });
});
afterAll(async () => {
  await gitlab.close();
  rmSync(repository, { recursive: true });
});

const closing: (() => unknown)[] = [];
afterEach(async () => {
  gitlab.clearFaults();
  for (const close of closing.splice(0).toReversed()) await close();
});

function fetch(nix: NodeJS.ProcessEnv, name?: string, onStart?: CliOptions["onStart"]) {
  const env = Object.entries(nix).filter(([variable]) => variable.startsWith("NIX_") || variable === "PATH");
  return runCli(name === undefined ? ["fetch"] : ["fetch", name], {
    cwd: repository,
    env: { GITLAB_TOKEN: TOKEN, ...(Object.fromEntries(env) as Record<string, string>) }, // all of them have a value
    ...(onStart === undefined ? {} : { onStart }),
  });
}

async function opened(store: Promise<TemporaryNix>): Promise<TemporaryNix> {
  const nix = await store;
  closing.push(() => nix.remove());
  return nix;
}

/** A store on a file system of its own. */
async function storeOn(options: string): Promise<{ readonly nix: TemporaryNix; readonly disk: string }> {
  const disk = mkdtempSync(join(tmpdir(), "disk-"));
  execFileSync("mount", ["-t", "tmpfs", "-o", options, "tmpfs", disk]);
  closing.push(() => execFileSync("umount", [disk]));
  vi.stubEnv("TMPDIR", disk);
  const nix = await opened(temporaryNix());
  vi.unstubAllEnvs();
  return { nix, disk };
}

function validNames(nix: TemporaryNix): string[] {
  const args = ["--extra-experimental-features", "nix-command", "path-info", "--all"];
  const paths = execFileSync("nix", args, { env: nix.env, encoding: "utf8" }).split("\n");
  return paths.flatMap((path) => (path === "" ? [] : [path.slice("/nix/store/".length + 33)])).sort();
}

interface Row {
  readonly fault: string;
  readonly arrange: () => Promise<NodeJS.ProcessEnv>;
  readonly says: RegExp;
  readonly fix: RegExp;
  /** What was fetched in spite of it. */
  readonly stdout?: RegExp;
}

const NOTHING = /^$/;
const ROWS: readonly Row[] = [
  {
    fault: "the daemon is down",
    arrange: async () => ({ NIX_REMOTE: "daemon", NIX_DAEMON_SOCKET_PATH: "/nonexistent/socket" }),
    says: /cannot connect to (socket|daemon) at '\/nonexistent\/socket'/,
    fix: /systemctl start nix-daemon/,
  },
  {
    fault: "the store is read-only",
    arrange: async () => {
      const { nix, disk } = await storeOn("size=16m");
      validNames(nix); // makes the store
      execFileSync("mount", ["-o", "remount,ro", disk]);
      closing.push(() => execFileSync("mount", ["-o", "remount,rw", disk]));
      return nix.env;
    },
    says: /remounting .* writable|read-?only/i,
    fix: /this user may write/,
  },
  {
    fault: "the store is full",
    arrange: async () => (await storeOn("size=20m")).nix.env,
    says: /No space left on device/,
    fix: /nix-collect-garbage/,
    stdout: /^\/nix\/store\/\w{32}-acme\n$/,
  },
  {
    fault: "the store has another directory",
    arrange: async () => ({ ...(await opened(temporaryNix())).env, NIX_STORE_DIR: "/opt/store" }),
    says: /is not in the Nix store/,
    fix: /a Nix whose store is \/nix\/store/,
  },
  {
    fault: "Nix is not there",
    arrange: async () => ({ PATH: "/nonexistent" }),
    says: /nix is not in PATH/,
    fix: /https:\/\/nixos.org\/download/,
  },
];

test.each(ROWS)("$fault: exit code 1, the reason and the fix", async ({ arrange, says, fix, stdout }) => {
  const result = await fetch(await arrange());
  expect(result.stderr).toMatch(says);
  expect(result.stderr).toMatch(fix);
  expect(result.stdout).toMatch(stdout ?? NOTHING);
  expect(result.code).toBe(1);
});

test("the job has other bytes: exit code 1, and nothing is valid", async () => {
  const nix = await opened(temporaryDaemon());
  gitlab.fault({ path: "/artifacts/", kind: "wrong-bytes" });
  const result = await fetch(nix.env);
  expect(result).toMatchObject({ code: 1, stdout: "" });
  expect(result.stderr).toContain("acme: same job id, other bytes");
  expect(result.stderr).toContain("big: same job id, other bytes");
  expect(validNames(nix)).toEqual([]);
});

/** Bytes that pass, to the daemon or from it, until the connection is cut; a greeting is 32 to it and 40 from it. */
const CUTS: readonly (readonly [string, "to" | "from", number])[] = [
  ["before a word", "to", 0],
  ["within the daemon's greeting", "from", 12],
  ["within the question", "to", 60],
  ["within the name of a path", "to", 300],
  ["within the bytes", "to", 700_000],
  ["within the last word", "from", 60],
];

test.each(CUTS)(
  "the connection to the daemon is cut %s: exit code 1, and the next run finishes",
  async (_, way, bytes) => {
    const nix = await opened(temporaryDaemon());
    const cut = await fetch({ ...nix.env, NIX_DAEMON_SOCKET_PATH: await relay(nix, way, bytes) }, "acme");
    expect(cut.stderr).toContain("the Nix daemon closed the connection");
    expect(cut).toMatchObject({ code: 1, stdout: "" });
    if (way === "to") expect(validNames(nix)).toEqual([]);
    expect(await fetch(nix.env, "acme")).toMatchObject({ code: 0, stderr: "" });
    expect(validNames(nix)).toEqual(["acme"]);
  },
);

/** A socket that leads to the daemon, and cuts each connection but that of `nix store ping`. */
async function relay(nix: TemporaryNix, way: "to" | "from", bytes: number): Promise<string> {
  const sockets: Socket[] = [];
  const server = createServer((client) => {
    const daemon = connect(join(nix.root, "socket"));
    const limit = sockets.length === 0 ? Infinity : bytes;
    sockets.push(client, daemon);
    const cut = () => [client, daemon].forEach((socket) => socket.destroy());
    for (const [from, to, most] of [
      [client, daemon, way === "to" ? limit : Infinity],
      [daemon, client, way === "from" ? limit : Infinity],
    ] as const) {
      let left = most;
      from.on("error", cut).on("close", cut);
      from.on("data", (chunk: Buffer) => {
        to.write(chunk.subarray(0, left));
        left -= chunk.length;
        if (left <= 0) to.end(cut);
      });
    }
  });
  const path = join(nix.root, "relay");
  server.listen(path);
  await once(server, "listening");
  closing.push(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  return path;
}

test.each([
  ["through a daemon", temporaryDaemon],
  ["without one", temporaryNix],
])("killed while the bytes arrive, %s: nothing is valid, and the next run finishes", async (_, start) => {
  const nix = await opened(start());
  gitlab.fault({ path: "/artifacts/", kind: "stalled", afterBytes: BIG / 2 });
  const killed = await fetch(nix.env, "big", (child) => {
    const timer = setInterval(() => {
      if (!begun(nix)) return;
      clearInterval(timer);
      child.kill("SIGKILL");
    }, 10);
  });
  expect(killed.signal).toBe("SIGKILL");
  gitlab.clearFaults();
  expect(validNames(nix)).toEqual([]);
  expect(await fetch(nix.env, "big")).toMatchObject({ code: 0, stderr: "" });
  await nix.run("nix-store", "--verify", "--check-contents");
  expect(validNames(nix)).toEqual(["big"]);
});

/** Whether the store has some of it. */
function begun({ root }: TemporaryNix): boolean {
  const store = join(root, "nix/store");
  const names = existsSync(store) ? readdirSync(store) : [];
  return names.some((name) => name.endsWith("-big") && statSync(join(store, name)).size > 1_000_000);
}
