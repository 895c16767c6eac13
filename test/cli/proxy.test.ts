/** `artifacts proxy` as a service: sockets of systemd, the check before a start, the end. */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { chmod, mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { type AddressInfo, connect, createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { setTimeout as delay } from "node:timers/promises";
import { Agent, request } from "undici";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { Finding } from "../../src/doctor/finding.js";
import { fodPath } from "../../src/generate/fod-path.js";
import { EMPTY_LOCK } from "../../src/lock/schema.js";
import { printLock } from "../../src/lock/write.js";
import { startUpstream } from "../hash/upstream.js";
import { startGitLab } from "../../src/simulator/simulator.js";
import { startAuthority } from "../proxy/certificates.js";
import { ownAddress } from "../proxy/own-address.js";
import { CLI, runCli } from "./run-cli.js";
import { endAll, startProxyProcess } from "./start-proxy.js";
import { makeArtifact, makeLock, makeVariant, makeVariantOf } from "../make/lock.js";

let directory: string;
const children: ChildProcess[] = [];
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), "nix-artifacts-service-"));
  await writeFile(join(directory, "artifacts.lock.json"), printLock(makeLock()));
});
afterEach(async () => {
  await endAll(children);
  await rm(directory, { recursive: true });
});

async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo; // it listens on TCP
  server.close();
  await once(server, "close");
  return port;
}

/** systemd's own program for trying socket units: it starts the proxy when the first client connects. */
async function activate(listen: readonly string[], names: string, args: readonly string[]) {
  const environment = ["PATH", "HOME"].flatMap((name) => ["-E", name]);
  const child = spawn(
    "systemd-socket-activate",
    [
      ...listen.flatMap((address) => ["-l", address]),
      `--fdname=${names}`,
      ...environment,
      ...[process.execPath, CLI, "proxy", "--cache", "cache"].concat(args),
    ],
    { cwd: directory, stdio: ["ignore", "ignore", "pipe"] },
  );
  children.push(child);
  const lines: string[] = [];
  child.stderr.setEncoding("utf8").on("data", (line: string) => lines.push(line));
  await vi.waitFor(() => expect(lines.join("").match(/Listening on/g)).toHaveLength(listen.length));
  return { child, said: () => lines.join("") };
}

/** A proxy on the one address that `args` name. */
function start(args: readonly string[], env: Readonly<Record<string, string>> = {}) {
  return startProxyProcess(args, { cwd: directory, env, children });
}

describe("sockets that systemd hands over", () => {
  it("are listened on, each for what its name is given to", async () => {
    const [port, socket] = [await freePort(), join(directory, "admin.sock")];
    const { said } = await activate([`127.0.0.1:${port}`, socket], "builds:operators", [
      "--listen",
      "systemd:builds",
      "--admin-listen",
      "systemd:operators",
    ]);
    const builds = await request(`http://127.0.0.1:${port}/-/version`);
    expect(await builds.body.json()).toMatchObject({ authority: "inject" });
    const agent = new Agent({ connect: { socketPath: socket } });
    const operators = await request("http://localhost/-/version", { dispatcher: agent });
    expect(await operators.body.json()).toMatchObject({ authority: "admin" });
    await agent.close();
    expect(said()).toContain("event=listening url=unix:systemd:operators");
  });

  it("are refused when they can be reached from elsewhere", async () => {
    const port = await freePort();
    const { child, said } = await activate([`0.0.0.0:${port}`], "builds", ["--listen", "systemd:builds"]);
    await request(`http://127.0.0.1:${port}/`).catch(() => {});
    await once(child, "exit");
    expect(said()).toContain("PROXY_NOT_LOOPBACK");
  });

  it("are named when another is asked for", async () => {
    const port = await freePort();
    const { child, said } = await activate([`127.0.0.1:${port}`], "builds", ["--listen", "systemd:build"]);
    await request(`http://127.0.0.1:${port}/`).catch(() => {});
    await once(child, "exit");
    expect(said()).toMatch(/NO_SUCH_SOCKET[^]*these were handed over: builds/);
  });
});

describe("--check", () => {
  /** What it finds, by the name of what was looked at; of the lock alone the rest of a path is left out. */
  async function check(args: readonly string[] = []) {
    const all = ["proxy", "--check", "--json", "--cache", "cache", ...args];
    const { code, stdout } = await runCli(all, { cwd: directory, env: { GITLAB_TOKEN: "" } });
    const { findings, errors } = JSON.parse(stdout);
    return { code, findings, errors };
  }

  it("finds that all is well, and starts nothing", async () => {
    await writeFile(join(directory, "artifacts.lock.json"), printLock(EMPTY_LOCK));
    const port = await freePort();
    const { code, findings } = await check(["--listen", `127.0.0.1:${port}`]);
    expect({ code, states: findings.map(({ name, state }: Finding) => `${name}: ${state}`) }).toEqual({
      code: 0,
      states: ["Lock artifacts.lock.json: ok", "Cache: ok", `Address http://127.0.0.1:${port}: ok`],
    });
    await expect(request(`http://127.0.0.1:${port}/`)).rejects.toThrow("ECONNREFUSED");
  });

  it("runs before systemd has handed a socket over, as ExecStartPre does", async () => {
    const { code, findings } = await check(["--listen", "systemd:builds"]);
    expect(code).toBe(0);
    expect(findings).toContainEqual({
      name: "Address systemd:builds",
      state: "ok",
      meaning: "systemd will hand it over",
    });
  });

  it("finds everything that would keep it from serving, in one run", async () => {
    await writeFile(join(directory, "artifacts.lock.json"), '{ "version": 99 }');
    await mkdir(join(directory, "cache"));
    await chmod(join(directory, "cache"), 0o777);
    const taken = createServer((socket) => socket.end()).listen(0, "127.0.0.1");
    await once(taken, "listening");
    const { port } = taken.address() as AddressInfo; // it listens on TCP
    const { code, errors } = await check(["--listen", `127.0.0.1:${port}`, "--listen", "0.0.0.0:1"]);
    taken.close();
    expect(code).toBe(1);
    expect(errors.map(({ message }: { message: string }) => message)).toEqual([
      expect.stringContaining("version 99"),
      expect.stringMatching(/^Cache: .*other users may write there/),
      expect.stringContaining("EADDRINUSE"),
      expect.stringContaining("must not listen on"),
    ]);
  });

  it("finds that the lock has another address than that of the project it names", async () => {
    const variant = { ...makeVariant(), url: makeVariant({ projectId: 43 }).url };
    const lock = makeLock({ acme: makeArtifact({ systems: { any: variant } }) });
    await writeFile(join(directory, "artifacts.lock.json"), printLock(lock));
    const { code, errors } = await check(["--listen", "127.0.0.1:0"]);
    expect({ code, errors }).toMatchObject({
      code: 1,
      errors: [{ message: expect.stringMatching(/acme \(any\) is .*\/projects\/43\/.*project 42/) }],
    });
  });

  it("finds that there is no token for an instance that is locked", async () => {
    const { findings } = await check(["--listen", "127.0.0.1:0"]);
    expect(findings).toContainEqual(
      expect.objectContaining({
        name: expect.stringMatching(/^Token for /),
        state: expect.not.stringContaining("ok"),
      }),
    );
  });

  it("finds rules of the policy that concern nothing", async () => {
    const rules = `[{ name: "typo", effect: "deny", artifacts: ["no-such-*"] }, { name: "rest", effect: "allow" }]`;
    await writeFile(join(directory, "artifacts.config.ts"), `export default { proxyPolicy: ${rules} };`);
    const { code, findings } = await check(["--listen", "127.0.0.1:0"]);
    expect(findings).toContainEqual(
      expect.objectContaining({
        name: "Policy",
        state: "warning",
        meaning: expect.stringContaining(`"typo"`),
      }),
    );
    expect(code).toBe(0);
  });

  it("looks into the repository that --lock names", async () => {
    const gitlab = await startGitLab();
    gitlab.addToken({ token: "glpat-of-the-proxy", kind: "personal" });
    gitlab.addProject({ path: "team/toolchain" });
    const files = { "artifacts.lock.json": printLock(EMPTY_LOCK) };
    gitlab.forge("team/toolchain").repository.commit("main", { files });
    const env = { GITLAB_HOST: gitlab.url, GITLAB_TOKEN: "glpat-of-the-proxy" };
    const looked = ["good", "bad"].map(async (name) => {
      const ref = name === "good" ? "main" : "no-such-branch";
      const lock = `gitlab:team/toolchain@${ref}`;
      const args = ["proxy", "--check", "--json", "--cache", name, "--listen", "127.0.0.1:0", "--lock", lock];
      const { stdout } = await runCli(args, { cwd: directory, env });
      return JSON.parse(stdout).findings[0];
    });
    expect(await Promise.all(looked)).toMatchObject([
      { name: "Lock gitlab:team/toolchain@main", state: "ok" },
      { state: "broken", meaning: expect.stringContaining("404") },
    ]);
    await gitlab.close();
  });

  it("knows a proxy that runs there already", async () => {
    const port = await freePort();
    await activate([`127.0.0.1:${port}`], "builds", ["--listen", "systemd:builds"]);
    await request(`http://127.0.0.1:${port}/-/live`);
    const { findings } = await check(["--listen", `127.0.0.1:${port}`]);
    expect(findings.at(-1)).toMatchObject({
      state: "note",
      meaning: expect.stringMatching(/^a proxy .* runs there already/),
    });
  });
});

it.each([
  ["a policy", [], "PROXY_POLICY_MISSING"],
  ["an audience", [{ name: "all", effect: "allow" }], "PROXY_AUDIENCE_UNKNOWN"],
])("ID tokens are not listened for without %s", async (_, rules, problem) => {
  const config = rules.length === 0 ? {} : { proxyPolicy: rules };
  await writeFile(join(directory, "artifacts.config.ts"), `export default ${JSON.stringify(config)};`);
  const args = ["proxy", "--json", "--id-token-listen", "127.0.0.1:0"];
  const env = { GITLAB_HOST: "gitlab.example.com" };
  const { code, stdout } = await runCli(args, { cwd: directory, env });
  expect({ code, errors: JSON.parse(stdout).errors }).toMatchObject({ code: 2, errors: [{ code: problem }] });
});

it.each([
  ["an authority", ["--certificate-listen", "127.0.0.1:0"], "go together"],
  ["its own certificate", ["--certificate-listen", "127.0.0.1:0", "--client-ca", "ca.pem"], "--tls-cert"],
  ["a port", ["--certificate-listen", "unix:/run/x.sock", "--client-ca", "ca.pem"], "needs no TLS"],
  ["an address with TLS", ["--listen", "127.0.0.1:0", "--tls-cert", "a", "--tls-key", "b"], "there are none"],
])("TLS is not half there: without %s", async (_, args, problem) => {
  const { code, stderr } = await runCli(["proxy", ...args], { cwd: directory });
  expect({ code, stderr }).toEqual({ code: 2, stderr: expect.stringContaining(problem) });
});

describe("what a client may take of the proxy", () => {
  it.each([
    ["--idle-timeout", "0", "a number of seconds"],
    ["--min-rate", "fast", "a number of bytes"],
    ["--peer-connections", "-1", "a number"],
  ])("is not %s %s", async (option, value, expected) => {
    const { code, stderr } = await runCli(["proxy", option, value], { cwd: directory });
    expect({ code, stderr }).toEqual({
      code: 2,
      stderr: expect.stringContaining(`${option} expects ${expected}, got "${value}"`),
    });
  });

  it("is what --min-rate and --idle-timeout say", async () => {
    const bytes = Buffer.alloc(16 * 2 ** 20); // more than the buffers of two sockets take by themselves
    const upstream = await startUpstream();
    const variant = await makeVariantOf({
      bytes,
      url: upstream.serve("/api/v4/projects/7/jobs/12/artifacts/tool.bin", bytes),
    });
    const artifact = makeArtifact({ gitlab: upstream.url, systems: { any: variant } });
    await writeFile(join(directory, "artifacts.lock.json"), printLock(makeLock({ tool: artifact })));
    const pace = [
      "--listen",
      "127.0.0.1:0",
      "--cache",
      "cache",
      "--idle-timeout",
      "1",
      "--min-rate",
      "999999T",
    ];
    const { url, said } = await start(pace);

    // After the ten seconds that a header may take, it would be told: 408.
    expect(await text(connect(Number(new URL(url).port), "127.0.0.1"))).toBe("");

    const slow = await request(url + fodPath(upstream.url, variant));
    const taken = (async () => {
      for await (const chunk of slow.body) await delay((chunk.length / 65_536) * 10);
    })();
    await expect(taken).rejects.toThrow();
    await vi.waitFor(() => expect(said()).toMatch(/event=aborted.* less than \d+ bytes a second/));
    await upstream.close();
  });
});

it("TLS is served to callers who bring their token, and --check looks at the certificate", async () => {
  const authority = await startAuthority();
  const { cert, key } = await authority.issue({ name: "localhost", usage: "serverAuth", days: 30 });
  const address = ["--passthrough", `tls:${ownAddress()}:0`, "--peer-connections", "1"];
  const tls = [...address, "--tls-cert", cert, "--tls-key", key, "--cache", "cache"];
  const place = { cwd: directory, env: { GITLAB_HOST: "gitlab.example.com", GITLAB_TOKEN: "" } };
  const { stdout } = await runCli(["proxy", "--check", "--json", ...tls], place);
  const { findings }: { findings: Finding[] } = JSON.parse(stdout);
  const certificate = findings.find(({ name }) => name === "Certificate");
  expect(certificate).toMatchObject({
    state: "ok",
    meaning: expect.stringContaining(`${cert} is good until`),
  });
  const { url, said } = await start(tls, place.env);
  const dispatcher = new Agent({ connect: { ca: await readFile(authority.cert), servername: "localhost" } });
  const { body } = await request(`${url}/-/version`, { dispatcher });
  expect(await body.json()).toMatchObject({ authority: "passthrough" });
  expect(await text(connect(Number(new URL(url).port), ownAddress()))).toBe(""); // the first is still open
  await vi.waitFor(() => expect(said()).toContain("event=too-many-connections"));
  await dispatcher.close();
  await authority.remove();
});
