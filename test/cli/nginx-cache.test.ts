/** `publish` into the nginx of docs/publishing.md, with its TLS and passwords, and Nix that takes it from there. */
import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, writeFileSync } from "node:fs";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import type { Lock } from "../../src/lock/schema.js";
import { type EmbeddedGitLab, startGitLab } from "../../src/simulator/simulator.js";
import { only } from "../nix/page-blocks.js";
import { type CertificateAuthority, startAuthority } from "../proxy/certificates.js";
import { freePort } from "../s3/start-s3.js";
import { temporaryNix } from "../store/temporary-nix.js";
import { makeRepository } from "./repository.js";
import { runCli } from "./run-cli.js";

const TOKEN = "glpat-nginxcache0000000000";
const PASSWORD = "nginx-password-000000";

let gitlab: EmbeddedGitLab;
let authority: CertificateAuthority;
let nginx: ChildProcess;
let directory: string;
let url: string;
let cwd: string;

beforeAll(async () => {
  [gitlab, authority] = await Promise.all([startGitLab(), startAuthority()]);
  directory = mkdtempSync(join(tmpdir(), "nginx-"));
  const port = await freePort();
  url = `https://127.0.0.1:${port}/team`;
  nginx = await startNginx(port);
  gitlab.addToken({ token: TOKEN, kind: "personal", scopes: ["read_api"] });
  gitlab.addProject({ path: "platform/acme", visibility: "private" });
  const files = { acme: { size: 3_000_000, seed: 1 } };
  gitlab.addPipeline("platform/acme", { ref: "main", jobs: [{ name: "build", artifacts: { files } }] });
  cwd = makeRepository({ gitlab: gitlab.url });
  expect(await artifacts(["lock"])).toMatchObject({ code: 0 });
});
afterAll(async () => {
  nginx.kill();
  await once(nginx, "close");
  await Promise.all([gitlab.close(), authority.remove()]);
});

/** The page's server, with the folders, names and port of the test. */
async function startNginx(port: number): Promise<ChildProcess> {
  const { cert, key } = await authority.issue({
    name: "cache",
    alternative: ["IP:127.0.0.1"],
    usage: "serverAuth",
  });
  const hash = execFileSync("openssl", ["passwd", "-apr1", PASSWORD], { encoding: "utf8" });
  writeFileSync(join(directory, "htpasswd"), `bob:${hash}`);
  mkdirSync(join(directory, "cache"));
  const server = (await only("publishing.md", "Where to", "nginx"))
    .replace("listen 443", `listen 127.0.0.1:${port}`)
    .replace("/etc/nginx/cache.pem", cert)
    .replace("/etc/nginx/cache.key", key)
    .replace("/etc/nginx/cache.htpasswd", join(directory, "htpasswd"))
    .replaceAll("/srv/cache", join(directory, "cache"));
  const file = join(directory, "nginx.conf");
  const main = `user root; daemon off; pid ${directory}/pid; error_log /dev/null; events {}`;
  writeFileSync(file, `${main} http { access_log off; ${server} }`);
  const child = spawn("nginx", ["-c", file], { stdio: "ignore" });
  await vi.waitFor(() => once(connect(port, "127.0.0.1"), "connect"), { timeout: 10_000 });
  return child;
}

function artifacts(args: readonly string[], env: Record<string, string> = {}) {
  return runCli(args, { cwd, env: { GITLAB_TOKEN: TOKEN, NODE_EXTRA_CA_CERTS: authority.cert, ...env } });
}

function netrc(password: string): string[] {
  const file = join(directory, `netrc-${password.length}`);
  writeFileSync(file, `machine 127.0.0.1 login bob password ${password}\n`);
  chmodSync(file, 0o600);
  return ["--netrc-file", file];
}

test.each([
  ["without a password", [], {}, /answered 401; no credential was sent\n +fix: .*--netrc-file/],
  ["with a wrong password", ["wrong"], {}, /answered 401; a credential from .* was sent/],
  [
    "whose certificate nobody here trusts",
    [PASSWORD],
    { NODE_EXTRA_CA_CERTS: "" },
    /UNABLE_TO_VERIFY|SELF_SIGNED/,
  ],
] as const)("%s, publish ends with 1 and the reason", async (_, passwords, env, reason) => {
  const { code, stdout, stderr } = await artifacts(
    ["publish", "--to", url, ...passwords.flatMap(netrc)],
    env,
  );
  expect(code).toBe(1);
  expect(stderr).toMatch(reason);
  expect(stdout + stderr).not.toContain(PASSWORD);
});

test("what was published is there once, is sound, and Nix takes it over TLS", async () => {
  const to = ["--to", url, ...netrc(PASSWORD)];
  const first = await artifacts(["publish", ...to]);
  expect(first).toMatchObject({ code: 0, stdout: `${url}: 1 published, 0 already there\n`, stderr: "" });
  expect((await artifacts(["publish", ...to])).stdout).toBe(`${url}: 0 published, 1 already there\n`);
  expect(await artifacts(["cache", "verify", "--store", url])).toMatchObject({ code: 0, stderr: "" });

  const lock = JSON.parse(readFileSync(join(cwd, "artifacts.lock.json"), "utf8")) as Lock; // written by `lock`
  const path = lock.artifacts["acme"]?.systems["any"]?.storePath ?? "";
  const store = await temporaryNix();
  const env = { ...store.env, NIX_SSL_CERT_FILE: authority.cert };
  const copy = ["--extra-experimental-features", "nix-command", "copy", "--from", url, path];
  execFileSync("nix", copy, { env, stdio: "pipe" });
  await store.run("nix-store", "--verify-path", path);
  await store.remove();
});
