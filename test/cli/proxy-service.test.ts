/** The life of a proxy as a process: it starts or says why not, tells what is wrong, and ends when it is asked to. */
import type { ChildProcess } from "node:child_process";
import { once } from "node:events";
import { chmod, mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { type AddressInfo, createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { request } from "undici";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { fodPath } from "../../src/generate/fod-path.js";
import { printLock } from "../../src/lock/write.js";
import { type EmbeddedGitLab, startGitLab } from "../../src/simulator/simulator.js";
import { type Upstream, startUpstream } from "../hash/upstream.js";
import { makeArtifact, makeLock, makeVariantOf } from "../make/lock.js";
import { startAuthority } from "../proxy/certificates.js";
import { sampleBytes } from "../store/samples.js";
import { runCli } from "./run-cli.js";
import { type ProxyProcess, endAll, startProxyProcess } from "./start-proxy.js";

const BYTES = sampleBytes(2_000_000, "service");
const LOCK = "artifacts.lock.json";
/** Long after every process that ends by itself has ended. */
const HANGS_MS = 45_000;

let directory: string;
let upstream: Upstream;
let path: string;
let lock: string;
const children: ChildProcess[] = [];
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), "nix-artifacts-life-"));
  upstream = await startUpstream();
  const url = upstream.serve("/api/v4/projects/7/jobs/12/artifacts/tool.bin", BYTES);
  const variant = await makeVariantOf({ url, bytes: BYTES });
  path = fodPath(upstream.url, variant);
  lock = printLock(makeLock({ tool: makeArtifact({ gitlab: upstream.url, systems: { any: variant } }) }));
  await writeFile(join(directory, LOCK), lock);
});
afterEach(async () => {
  await endAll(children);
  await upstream.close();
  await rm(directory, { recursive: true });
});

function start(...args: string[]) {
  const all = ["--listen", "127.0.0.1:0", "--cache", "cache", ...args];
  return startProxyProcess(all, { cwd: directory, children });
}

describe("a proxy that cannot start says why, and ends", () => {
  /** What it says, and how it ended; `signal` when it had to be killed. */
  async function fail(args: readonly string[], env: Readonly<Record<string, string>> = {}) {
    const { code, signal, stderr } = await runCli(
      ["proxy", "--listen", "127.0.0.1:0", "--cache", "cache", ...args],
      {
        cwd: directory,
        env,
        onStart: (child) => void setTimeout(() => child.kill("SIGKILL"), HANGS_MS).unref(),
      },
    );
    return { code, signal, stderr };
  }

  async function expectRefusal(code: string, args: readonly string[], exitCode = 1): Promise<void> {
    expect(await fail(args)).toEqual({
      code: exitCode,
      signal: null,
      stderr: expect.stringMatching(new RegExp(`error ${code}\\b[^]*fix: `)),
    });
  }

  it("when a later address is in use", async () => {
    const taken = createServer().listen(0, "127.0.0.1");
    await once(taken, "listening");
    const { port } = taken.address() as AddressInfo; // it listens on TCP
    await expectRefusal("PROXY_CANNOT_LISTEN", ["--admin-listen", `127.0.0.1:${port}`]);
    taken.close();
  });

  it("when a socket is in use, or has no folder", async () => {
    const socket = join(directory, "used.sock");
    const taken = createServer().listen(socket);
    await once(taken, "listening");
    await expectRefusal("PROXY_CANNOT_LISTEN", ["--listen", `unix:${socket}`]);
    await expectRefusal("PROXY_CANNOT_LISTEN", ["--listen", `unix:${directory}/nowhere/x.sock`]);
    taken.close();
  });

  it("when there is no such group", () =>
    expectRefusal("NO_SUCH_GROUP", ["--listen", "unix:/tmp/x.sock", "--socket-group", "nobody-here"], 2));

  it.each([
    ["is not JSON", "{", "LOCK_MALFORMED"],
    ["is newer", '{ "version": 99 }', "LOCK_TOO_NEW"],
    ["has conflicts", "<<<<<<< ours\n", "LOCK_CONFLICT"],
  ])("when its lock %s", async (_, text, code) => {
    await writeFile(join(directory, LOCK), text);
    await expectRefusal(code, []);
  });

  it("when no lock matches", () => expectRefusal("NO_LOCK", ["--lock", "no-*.lock.json"], 2));

  it("when others may write its cache", async () => {
    await mkdir(join(directory, "cache"));
    await chmod(join(directory, "cache"), 0o777);
    await expectRefusal("CACHE_NOT_PRIVATE", []);
  });

  it("when certificate and key do not fit", async () => {
    const authority = await startAuthority();
    const { cert } = await authority.issue({ name: "one" });
    const { key } = await authority.issue({ name: "other" });
    const tls = ["--certificate-listen", "127.0.0.1:0", "--client-ca", authority.cert];
    await expectRefusal("TLS_FILES", [...tls, "--tls-cert", cert, "--tls-key", key]);
    await expectRefusal("TLS_FILES", [...tls, "--tls-cert", "/nowhere", "--tls-key", key]);
    await authority.remove();
  });

  describe("when a repository does not give its lock", () => {
    let gitlab: EmbeddedGitLab;
    beforeEach(async () => {
      gitlab = await startGitLab();
      gitlab.addToken({ token: "glpat-of-the-proxy", kind: "personal" });
      gitlab.addProject({ path: "team/toolchain" });
      gitlab.forge("team/toolchain").repository.commit("main", { files: { "bad.json": "{" } });
    });
    afterEach(() => gitlab.close());

    it.each([
      ["there is no such project", "team/nowhere@main", "GITLAB_PROJECT_NOT_FOUND"],
      ["there is no such branch", "team/toolchain@nowhere", "GITLAB_NOT_FOUND"],
      ["there is no such file", "team/toolchain@main", "NO_LOCK"],
      ["the file is broken", "team/toolchain@main:bad.json", "NO_LOCK"],
    ])("because %s", async (_, address, code) => {
      const env = { GITLAB_HOST: gitlab.url, GITLAB_TOKEN: "glpat-of-the-proxy" };
      expect(await fail(["--lock", `gitlab:${address}`], env)).toEqual({
        code: 1,
        signal: null,
        stderr: expect.stringContaining(`error ${code}\n`),
      });
    });

    it("because GitLab is down", async () => {
      const env = { GITLAB_HOST: gitlab.url, GITLAB_TOKEN: "glpat-of-the-proxy" };
      gitlab.fault({ kind: "reset", path: "/" });
      expect(await fail(["--lock", "gitlab:team/toolchain@main"], env)).toEqual({
        code: 1,
        signal: null,
        stderr: expect.stringContaining("error GITLAB_UNREACHABLE\n"),
      });
    });
  });
});

it("what several locks and patterns have is served, and what they have later, with a line of JSON for each answer", async () => {
  const other = sampleBytes(1000, "other");
  const url = upstream.serve("/api/v4/projects/7/jobs/13/artifacts/tool.bin", other);
  const variant = await makeVariantOf({ url, bytes: other, job: 13 });
  const more = makeLock({ other: makeArtifact({ gitlab: upstream.url, systems: { any: variant } }) });
  await mkdir(join(directory, "more"));
  await writeFile(join(directory, "more/a.lock.json"), printLock(makeLock({})));
  const locks = ["--lock", LOCK, "--lock", "more/*.lock.json"];
  const { url: proxy, said } = await start(...locks, "--log-format", "json");
  const statusOf = async (target: string) => {
    const { statusCode, body } = await request(proxy + target);
    await body.bytes();
    return statusCode;
  };

  expect(await statusOf(path)).toBe(200);
  expect(await statusOf(fodPath(upstream.url, variant))).toBe(404);
  await writeFile(join(directory, "more/b.lock.json"), printLock(more));
  await vi.waitFor(async () => expect(await statusOf(fodPath(upstream.url, variant))).toBe(200), 10_000);

  const { headers, body } = await request(proxy + path);
  await body.bytes();
  await vi.waitFor(() => {
    const entries = said()
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line));
    const id = headers["x-request-id"];
    expect(entries).toContainEqual(
      expect.objectContaining({ level: "info", event: "served", artifact: "tool", status: 200, id }),
    );
  });
});

it("a lock that breaks is told in the log, in readiness, in metrics and on the page, and the last good one is served", async () => {
  const admin = createServer().listen(0, "127.0.0.1");
  await once(admin, "listening");
  const { port } = admin.address() as AddressInfo; // it listens on TCP
  admin.close();
  const { url, said } = await start("--admin-listen", `127.0.0.1:${port}`);
  const at = async (target: string) => (await request(target)).body.text();
  const operators = `http://127.0.0.1:${port}`;

  await writeFile(join(directory, LOCK), '{ "version": 99 }');
  await vi.waitFor(() => expect(said()).toMatch(/level=error event=kept-old-lock .*version 99/), 10_000);
  expect(await at(`${url}/-/ready`)).toContain('"status":"degraded"');
  expect(await at(`${operators}/metrics`)).toContain("artifacts_proxy_broken_lockfiles 1\n");
  expect(await at(`${operators}/metrics`)).toContain("artifacts_proxy_degraded 1\n");
  expect(await at(`${operators}/`)).toMatch(/broken, the last good version is served[^]*version 99/);
  expect((await (await request(url + path)).body.bytes()).length).toBe(BYTES.length);

  await writeFile(join(directory, LOCK), lock);
  await vi.waitFor(async () => expect(await at(`${url}/-/ready`)).toContain('"status":"ready"'), 10_000);
  expect(await at(`${operators}/metrics`)).toContain("artifacts_proxy_broken_lockfiles 0\n");
});

describe("a proxy that is asked to end", () => {
  /** An answer of which only a part has come so far; `finish` sends the rest. */
  async function begin() {
    let finish = () => {};
    upstream.serve("/api/v4/projects/7/jobs/12/artifacts/tool.bin", (_, response) => {
      response.writeHead(200, { "content-length": BYTES.length });
      response.write(BYTES.subarray(0, 1_000_000));
      finish = () => response.end(BYTES.subarray(1_000_000));
    });
    const proxy = await start();
    const { body } = await request(proxy.url + path);
    const bytes = body.bytes().catch(() => undefined);
    proxy.child.kill("SIGTERM");
    await vi.waitFor(() => expect(request(`${proxy.url}/-/live`)).rejects.toThrow("ECONNREFUSED"));
    return { ...proxy, bytes, finish };
  }

  async function expectEnd({ child, said }: ProxyProcess): Promise<void> {
    if (child.exitCode === null) await once(child, "exit");
    const ended = { code: child.exitCode, said: said() };
    expect(ended).toEqual({ code: 0, said: expect.stringContaining("event=closed") });
  }

  it("finishes the answers that run, and ends well", async () => {
    const running = await begin();
    running.finish();
    expect(Buffer.from((await running.bytes) ?? []).equals(BYTES)).toBe(true);
    await expectEnd(running);
  });

  it("breaks off after ten seconds what is not finished by then, and ends well", async () => {
    const running = await begin();
    expect(await running.bytes).toBeUndefined();
    await expectEnd(running);
  });
});
