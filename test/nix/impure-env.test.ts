import { createServer, type IncomingHttpHeaders } from "node:http";
import type { AddressInfo } from "node:net";
import { chmod, readFile } from "node:fs/promises";
import { basename, join } from "node:path";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import type { Form } from "../../src/artifact.js";
import { IMPURE_ENV_VARIABLE, impureEnvValue } from "../../src/credentials/impure-env.js";
import type { LockedVariant } from "../../src/lock/schema.js";
import { evaluate, nixPath, projectPath } from "./evaluate.js";
import { startNixHost, type NixHost, type NixHostOptions } from "./host.js";
import { runProcess } from "./process.js";
import { build, built, lockBytes, lockTree, makeFolder, packageSet, writeOverlay } from "./workspace.js";
import { zipOf } from "./zip.js";
import { makeArtifact, makeLock } from "../make/lock.js";

const TOKEN = "glpat-canary0000000000000";

interface Server {
  readonly origin: string;
  readonly asked: { path: string; headers: IncomingHttpHeaders }[];
  /** What the next requests get: bytes, or where else to ask. */
  answer: Buffer | URL;
}

const closing: (() => unknown)[] = [];

async function serve(): Promise<Server> {
  const served: Server = { origin: "", asked: [], answer: Buffer.alloc(0) };
  const server = createServer(({ url = "", headers }, response) => {
    served.asked.push({ path: url, headers });
    if (served.answer instanceof URL) response.writeHead(302, { location: served.answer.href }).end("moved");
    else if (headers["authorization"] === "Bearer refused") response.writeHead(404).end("404 Not Found");
    else response.end(served.answer);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  closing.push(() => server.close());
  // `listen` on a port of TCP gives an address with a port
  return Object.assign(served, { origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}` });
}

let gitlab: Server;
let storage: Server;
let refusing: Server;
let host: NixHost;
beforeAll(async () => {
  [gitlab, storage, refusing] = await Promise.all([serve(), serve(), serve()]);
  const headers = [
    { origin: "https://elsewhere.example.com", name: "private-token", value: "not-for-this-host" },
    { origin: gitlab.origin, name: "private-token", value: TOKEN },
    { origin: refusing.origin, name: "authorization", value: "Bearer refused" },
  ];
  host = await startNixHost(await passing(impureEnvValue(headers)));
});
afterEach(() => {
  for (const server of [gitlab, storage, refusing]) server.asked.length = 0;
});
afterAll(async () => {
  await host.stop();
  for (const close of closing) close();
});

/** How a machine's Nix takes the variable: by its own setting since 2.19, before that from the daemon's environment. */
async function passing(value: string): Promise<NixHostOptions> {
  const { stdout } = await runProcess("nix", ["--version"], { env: process.env });
  const [, minor = "0"] = /2\.(\d+)/.exec(stdout) ?? [];
  if (Number(minor) < 19) return { daemonEnv: { [IMPURE_ENV_VARIABLE]: value } };
  const features = "nix-command flakes configurable-impure-env";
  return { conf: { "experimental-features": features, "impure-env": `${IMPURE_ENV_VARIABLE}=${value}` } };
}

/** The package of `variant`, downloaded with the stand-in's curl. */
async function packageOf(variant: LockedVariant, server: Server): Promise<string> {
  const url = `${server.origin}/api/v4/projects/42/jobs/77001/artifacts/dist/%5Bacme%5D.zip`;
  const locked = makeArtifact({ fetch: "impure-env", systems: { any: { ...variant, url } } });
  return `${await packageSet(host, [await writeOverlay(host, makeLock({ acme: locked }))])}.artifacts.acme`;
}

const PROGRAM = "#!/bin/sh\necho runs\n";

describe.each<Form>(["file", "executable", "unpacked"])("form %s", (form) => {
  test("is built inside the sandbox for a user whom nobody trusts, with the header for its origin alone", async () => {
    const tree = { "bin/acme": PROGRAM };
    const { bytes, variant } = await (form === "unpacked"
      ? lockTree(host, tree)
      : lockBytes(host, PROGRAM, { form }));
    storage.answer = form === "unpacked" ? zipOf([{ path: "bin/acme", data: PROGRAM, mode: 0o755 }]) : bytes;
    gitlab.answer = new URL("/bucket/object?signature=x", storage.origin);

    expect(await built(host, await packageOf(variant, gitlab))).toBe(variant.storePath);
    expect(gitlab.asked.map(({ headers }) => headers["private-token"])).toEqual([TOKEN]);
    expect(gitlab.asked.map(({ path }) => path)).toEqual([
      "/api/v4/projects/42/jobs/77001/artifacts/dist/%5Bacme%5D.zip",
    ]);
    expect(storage.asked.map(({ headers }) => headers)).toEqual([
      { host: new URL(storage.origin).host, "user-agent": expect.any(String), accept: "*/*" },
    ]);
  });
});

test("a tar is unpacked whatever it is compressed with", async () => {
  const { file, variant } = await lockTree(host, { "bin/acme": PROGRAM, "share/a b": "text" });
  const archive = join(await makeFolder(host, "tar"), "tree.tar.xz");
  await host.output("tar", ["-C", file, "-cJf", archive, "."]);
  gitlab.answer = await readFile(archive);
  expect(await built(host, await packageOf(variant, gitlab))).toBe(variant.storePath);
});

test("without a header that opens the door, the message says what to do", async () => {
  const { variant } = await lockBytes(host, "never served");
  refusing.answer = Buffer.from("never");
  const { code, stderr } = await build(host, await packageOf(variant, refusing));
  expect(code).not.toBe(0);
  expect(refusing.asked.map(({ headers }) => headers["authorization"])).toEqual(["Bearer refused"]);
  expect(stderr).toContain("The requested URL returned error: 404");
  expect(stderr).toContain(
    `Artifact acme is not in the Nix store, and ${IMPURE_ENV_VARIABLE} of this build did not open it.\n`,
  );
  expect(stderr).toContain("  artifacts fetch acme\n");
});

test("other bytes than those locked are not built", async () => {
  const { variant } = await lockBytes(host, "locked");
  gitlab.answer = Buffer.from("other");
  const { stderr } = await build(host, await packageOf(variant, gitlab));
  expect(stderr).toContain("hash mismatch");
});

test("the token is in no derivation, store path or log", async () => {
  const { variant } = await lockBytes(host, "searched for a token");
  gitlab.answer = Buffer.from("searched for a token");
  const acme = await packageOf(variant, gitlab);
  const { stdout, stderr } = await build(host, acme);
  expect(stdout.trim()).toBe(variant.storePath);
  expect(stdout + stderr + (await host.daemonLog())).not.toContain(TOKEN);
  await chmod(host.home, 0o755);
  const found = await runProcess("grep", ["-rlF", TOKEN, host.store], { env: process.env });
  expect(found.stdout).toBe("");
  const drv = await host.output("nix-instantiate", ["-E", acme]);
  expect(await readFile(join(host.store, basename(drv.replace(/!.*/, ""))), "utf8")).toContain(
    IMPURE_ENV_VARIABLE,
  );
});

test("the library and the command line call the variable the same", async () => {
  const inputs =
    '{ name = "x"; hash = ""; url = ""; message = ""; system = "x"; tools = { path = ""; certificates = null; }; }';
  const fetcher = `import ${nixPath(projectPath("nix/lib/fetchImpureEnv.nix"))}`;
  expect(await evaluate(`(${fetcher} ${inputs}).impureEnvVars`)).toContain(IMPURE_ENV_VARIABLE);
});

test.each(["glpat-a b c", "a,b", "a\nb", "100%20", ""])(
  "%j is no value that a build can be passed",
  (value) => {
    expect(() => impureEnvValue([{ origin: "https://a", name: "private-token", value }])).toThrow(
      "holds characters that cannot be passed",
    );
  },
);
