/**
 * docs/uploading.md as a person types it, on a machine of its own as far as a test can have one: only what `systemctl` would do is done
 * here, as the unit says it. Then a CI job of that machine tries to get at key, queue and cache.
 */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { narInfoKey } from "../../src/store/narinfo.js";
import { projectPath } from "../nix/evaluate.js";
import { type NixHost, startNixHost } from "../nix/host.js";
import { build } from "../nix/workspace.js";
import { type S3Server, startS3, WRITER } from "../s3/start-s3.js";

const KEY = "/etc/nix-artifacts/signing-key";
const SPOOL = "/var/spool/nix-artifacts";
const CREDENTIALS = "/run/credentials/nix-artifacts-uploader.service";

/** The blocks of the page's way to set it up, in their order. */
let page: { users: string; conf: string; unit: string; start: string };
let host: NixHost;
let s3: S3Server;
let service: ChildProcess;
let secret: string;

beforeAll(async () => {
  const text = await readFile(projectPath("docs/uploading.md"), "utf8");
  const [, setUp = ""] = /^## Set up\n([^]*?)^## /m.exec(text) ?? [];
  const [users = "", conf = "", unit = "", start = ""] = [...setUp.matchAll(/^```\w*\n([^]*?)^```/gm)].map(
    ([, block = ""]) => block,
  );
  page = { users, conf, unit, start };
  [host, s3] = await Promise.all([startNixHost({ conf: valuesOf(conf) }), startS3()]);
  await s3.makeBucket("team-cache");
  await giveFolders();
  await root(installed());
  await root(page.users);
  secret = (await root(`cat ${KEY}`)).split(":")[1] ?? "";
  await root(
    "cat > /etc/nix-artifacts/uploader.env && chmod 600 /etc/nix-artifacts/uploader.env",
    environment(),
  );
  await root("cat > /etc/systemd/system/nix-artifacts-uploader.service", page.unit);
  service = startService();
  await vi.waitFor(() => root(`test -e ${SPOOL}/.uploader.json`), { timeout: 60_000, interval: 200 });
});
afterAll(async () => {
  service.kill("SIGKILL");
  await once(service, "close");
  await Promise.all([host.stop(), s3.stop()]);
});

/** Lines `name = value` or `name=value`; of those with one name the last. */
function valuesOf(text: string): Record<string, string> {
  const lines = [...text.matchAll(/^([\w-]+) ?= ?(.*)$/gm)];
  return Object.fromEntries(lines.map(([, name = "", value = ""]) => [name, value]));
}

/** Folders of the system for this machine alone; of what the real one has, it needs only `/etc`. */
async function giveFolders(): Promise<void> {
  const layers = join(host.home, "..", "layers");
  const folders = ["/etc", "/var/lib", "/var/spool", "/usr/local", "/run"];
  await root(`mkdir -p ${folders.map((folder) => layers + folder).join(" ")} && cp -a /etc/. ${layers}/etc`);
  const bind = folders.map((folder) => `mount --bind ${layers}${folder} ${folder}`).join(" && ");
  await root(bind);
  // Nix has moved into a mount namespace of its own, and starts the hook in the one from before.
  await root(`for file in /proc/${host.pid}/fd/*; do
    case $(readlink $file) in mnt:*) nsenter --mount=$file sh -e -c '${bind}';; esac
  done`);
}

/** What `npm install --global` of a clone leaves, and where the installer of Nix puts its programs. */
function installed(): string {
  const modules = "/usr/local/lib/node_modules";
  return `mkdir -p ${modules} /usr/local/bin
    ln -s ${projectPath(".")} ${modules}/nix-artifacts
    ln -s ../lib/node_modules/nix-artifacts/dist/cli.js /usr/local/bin/artifacts
    mkdir -p /nix/var/nix/profiles && ln -s "$(dirname "$(dirname "$(command -v nix)")")" /nix/var/nix/profiles/default`;
}

/** The page's file, and where the bucket is that Amazon has otherwise. */
function environment(): string {
  return `AWS_ACCESS_KEY_ID=${WRITER.id}\nAWS_SECRET_ACCESS_KEY=${WRITER.secret}\nAWS_ENDPOINT_URL_S3=${s3.url}\n`;
}

function root(script: string, stdin = ""): Promise<string> {
  return host.output("sh", ["-e", "-c", script], { user: "root", stdin });
}

/** systemd.exec(5): `User`, `Environment`, `EnvironmentFile`, `LoadCredential`, `ExecStart`. */
function startService(): ChildProcess {
  const unit = valuesOf(page.unit);
  const user = unit["User"] ?? "";
  const [credential = "", file = ""] = unit["LoadCredential"]?.split(":") ?? [];
  const become = `setpriv --reuid ${user} --regid ${user} --clear-groups --no-new-privs`;
  const clean = `env -i HOME=/var/lib/nix-artifacts CREDENTIALS_DIRECTORY=${CREDENTIALS} ${unit["Environment"]}`;
  const script = `install -d -o ${user} -m 500 ${CREDENTIALS}
    install -o ${user} -m 400 ${file} ${CREDENTIALS}/${credential}
    exec ${become} ${clean} $(cat ${unit["EnvironmentFile"]?.replace(/^-/, "")}) sh -fc 'exec ${unit["ExecStart"]}'`;
  const inside = ["--target", `${host.pid}`, "--mount", "--", "sh", "-e", "-c", script];
  return spawn("nsenter", inside, { stdio: "ignore" });
}

/** An output that a shell script writes. */
function derivation(name: string, script: string, more = ""): string {
  return `derivation { name = "${name}"; system = builtins.currentSystem; builder = "/bin/sh"; ${more}
    args = [ "-c" ''{ ${script}; } > $out || exit 1; exit 0'' ]; }`;
}

async function outputOf(expression: string): Promise<string> {
  return host.output("nix-store", [
    "--query",
    "--outputs",
    await host.output("nix-instantiate", ["-E", expression]),
  ]);
}

async function inBucket(key: string): Promise<string> {
  const answer = await fetch(`${s3.url}/team-cache/${key}`);
  return answer.ok ? answer.text() : `${answer.status}`;
}

test("systemd takes the unit of the page", async () => {
  const file = "/etc/systemd/system/nix-artifacts-uploader.service";
  const verified = await host.run("systemd-analyze", ["verify", file], { user: "root" });
  expect(verified.stderr.split("\n").filter((line) => line.includes("nix-artifacts"))).toEqual([]);
  expect(verified.code).toBe(0);
});

test("a job builds and waits as the page says, and others take it from the bucket with the public key", async () => {
  const expression = derivation("shared", "echo shared");
  const [, line = ""] = page.start.split("\n");
  const typed = line.replace(
    "nix build …",
    `nix-build --no-out-link -E '${expression.replaceAll("'", "'\\''")}'`,
  );
  expect(typed).toContain("artifacts queue wait");
  const { code, stdout, stderr } = await host.run("sh", ["-c", typed]);
  expect(code, stderr).toBe(0);
  expect(stdout).toMatch(/: \d of \d entries are done\n$/);

  const path = await outputOf(expression);
  expect(await inBucket(narInfoKey(path))).toMatch(/^Sig: builds\.example\.com-1:/m);
  const conf = {
    substituters: `${s3.url}/team-cache`,
    "trusted-public-keys": await root(`cat ${KEY}.pub`),
    "require-sigs": "true",
  };
  const consumer = await startNixHost({ conf });
  try {
    await consumer.output("nix-store", ["--realise", path]);
    expect(await consumer.output("cat", [path])).toBe("shared");
  } finally {
    await consumer.stop();
  }
});

describe("a job cannot", () => {
  const PID = `$(sed -n 's/.*"pid": \\([0-9]*\\).*/\\1/p' ${SPOOL}/.uploader.json)`;
  const OTHERS = `/proc/${PID}`;

  test.each([
    ["read the key", `cat ${KEY}`],
    ["read the key where systemd puts it", `cat ${CREDENTIALS}/signing-key`],
    ["read the credentials of the cache", "cat /etc/nix-artifacts/uploader.env"],
    ["read the environment of the uploader", `cat ${OTHERS}/environ`],
    ["see the open files of the uploader", `ls ${OTHERS}/fd/`],
    ["look into the uploader's folder of credentials", `ls ${OTHERS}/root${CREDENTIALS}`],
    ["end the uploader", `kill ${PID}`],
    ["queue what it likes", `echo /nix/store/${"a".repeat(32)}-x > ${SPOOL}/added.1`],
    ["queue by a link", `ln -s /etc/passwd ${SPOOL}/added.2`],
    ["put another queue in its place", `mv ${SPOOL} ${SPOOL}.old`],
    ["change what is queued", `sh -c 'for f in ${SPOOL}/.[!.]*; do echo x > $f || exit 1; done'`],
    ["change the hook", "test -w /usr/local/lib/node_modules/nix-artifacts/nix/post-build-hook.sh"],
    [
      "put another hook in its place",
      "mv /usr/local/lib/node_modules/nix-artifacts /usr/local/lib/node_modules/x",
    ],
    ["change the settings of the daemon", 'test -w "$NIX_CONF_DIR/nix.conf"'],
    ["become the uploader", "setpriv --reuid nix-artifacts --clear-groups true"],
  ])("%s", async (_, command) => {
    const { code, stdout } = await host.run("sh", ["-c", command]);
    expect(code).not.toBe(0);
    expect(stdout).toBe("");
    // There is something to be read.
    if (/^(cat|ls) /.test(command)) expect(await root(command)).not.toBe("");
  });

  test("write to the bucket, or remove from it", async () => {
    const url = `${s3.url}/team-cache/${"a".repeat(32)}.narinfo`;
    expect((await fetch(url, { method: "PUT", body: "StorePath: evil\n" })).status).toBe(403);
    expect((await fetch(`${s3.url}/team-cache/nix-cache-info`, { method: "DELETE" })).status).toBe(403);
    expect(await inBucket("nix-cache-info")).toBe("StoreDir: /nix/store\n");
  });

  test("have a build look at key or environment, in the sandbox or out of it", async () => {
    const spy = `/usr/bin/cat ${KEY} ${CREDENTIALS}/signing-key /etc/nix-artifacts/uploader.env`;
    for (const options of [[], ["--option", "sandbox", "false"], ["--option", "sandbox-paths", "/etc"]]) {
      const { code } = await host.run("nix-build", [
        "--no-out-link",
        ...options,
        "-E",
        derivation("spy", spy),
      ]);
      expect(code).not.toBe(0);
    }
    const all = derivation("environments", "/usr/bin/cat /proc/[0-9]*/environ /proc/[0-9]*/cmdline");
    const seen = await host.output("cat", [await host.output("nix-build", ["--no-out-link", "-E", all])]);
    expect(seen).not.toContain(secret);
    expect(seen).not.toContain(WRITER.secret);
    const { code, stderr } = await build(host, derivation("outside", "echo out", "__noChroot = true;"));
    expect({ code: code === 0, stderr }).toEqual({
      code: false,
      stderr: expect.stringContaining("__noChroot"),
    });
  });

  test("have the daemon sign with the key, or run a hook of the job's", async () => {
    const options = [
      "--option",
      "secret-key-files",
      KEY,
      "--option",
      "post-build-hook",
      join(host.home, "hook"),
    ];
    await writeFile(join(host.home, "hook"), `#!/bin/sh\ncat ${KEY} > ${host.home}/stolen\n`, {
      mode: 0o755,
    });
    const built = await host.run("nix-build", [
      "--no-out-link",
      ...options,
      "-E",
      derivation("signed", "echo 1"),
    ]);
    expect(built.code, built.stderr).toBe(0);
    const infos = await host.output("nix", ["path-info", "--sigs", built.stdout.trim()]);
    expect(infos).not.toContain("builds.example.com");
    expect((await host.run("cat", [join(host.home, "stolen")])).code).not.toBe(0);
  });

  test("bring in content of its own for a path that others expect", async () => {
    const wanted = derivation("wanted", "echo honest");
    const path = await outputOf(wanted);
    const forged = join(host.home, "wanted");
    await writeFile(forged, "evil\n");
    const other = await host.output("nix-store", ["--add", forged]);
    const [from, to] = [other, path].map((one) => one.slice("/nix/store/".length, 43));
    // Both paths are as long as each other, so that the exported archive stays one.
    const imported = await host.run("sh", [
      "-c",
      `nix-store --export ${other} | LC_ALL=C sed 's/${from}/${to}/g' | nix-store --import`,
    ]);
    expect(imported.code).not.toBe(0);
    expect(imported.stderr).toMatch(/lacks a (valid )?signature/);
    const settings = [
      "--option",
      "require-sigs",
      "false",
      "--option",
      "substituters",
      `file://${host.home}/none`,
    ];
    expect((await host.run("nix-store", ["--realise", path, ...settings])).code).not.toBe(0);

    await host.output("nix-build", ["--no-out-link", "-E", wanted]);
    await host.output("artifacts", ["queue", "wait", "--timeout", "60"]);
    const info = await inBucket(narInfoKey(path));
    expect(info).toMatch(/^Deriver: .*-wanted\.drv$/m);
    expect(await host.output("cat", [path])).toBe("honest");
  });
});
