/** Machines that are broken, each in one way: the doctor names what it is and how to mend it. */
import { chmodSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { CommandContext } from "../../src/commands/command.js";
import type * as Doctor from "../../src/commands/doctor.js";
import type * as LockCommand from "../../src/commands/lock.js";
import { checkCaches } from "../../src/doctor/caches.js";
import type { Finding } from "../../src/doctor/finding.js";
import { checkInstance, checkProxy } from "../../src/doctor/instance.js";
import { startGitLab, type EmbeddedGitLab } from "../../src/simulator/simulator.js";
import { createTerminal } from "../../src/terminal/terminal.js";
import { makeRepository } from "../cli/repository.js";
import { runCli } from "../cli/run-cli.js";
import { serve } from "../gitlab/http-server.js";
import { CANARY, type Home, makeHome } from "../credentials/home.js";

/** As built: manifests are read on a thread, which runs JavaScript only. */
const built = (path: string): Promise<unknown> =>
  import(new URL(`../../dist/commands/${path}`, import.meta.url).href);
const { run, checkNode } = (await built("doctor.js")) as typeof Doctor;
const { run: lock } = (await built("lock.js")) as typeof LockCommand;

let gitlab: EmbeddedGitLab;
let home: Home;
let token: string;
let cwd: string;

beforeEach(async () => {
  gitlab = await startGitLab();
  gitlab.addToken({ token: CANARY, kind: "personal", scopes: ["read_api"] });
  gitlab.addProject({ path: "platform/acme", visibility: "private" });
  gitlab.addPipeline("platform/acme", {
    ref: "main",
    jobs: [{ name: "build", artifacts: { files: { acme: "1" } } }],
  });
  home = makeHome();
  cwd = makeRepository(
    { gitlab: gitlab.url },
    { "artifacts.config.ts": `export default { fetch: "require" };\n` },
  );
  token = CANARY;
  installNix({});
});

afterEach(() => gitlab.close());

interface FakeNix {
  readonly version?: string;
  readonly ping?: string;
  readonly settings?: Readonly<Record<string, unknown>> | string;
}

/** A `nix` that says what the test wants: the doctor sees Nix through its words only. */
function installNix({
  version = "nix (Nix) 2.26.3",
  ping = "echo 'Trusted: 0' >&2",
  settings = {},
}: FakeNix): void {
  const values = { sandbox: true, substituters: [cacheFolder("/nix/store")], "hashed-mirrors": [] };
  const all = typeof settings === "string" ? {} : { ...values, ...settings };
  const shown = Object.fromEntries(Object.entries(all).map(([name, value]) => [name, { value }]));
  const text = typeof settings === "string" ? settings : JSON.stringify(shown);
  home.write("settings", text);
  home.program(
    "nix",
    `case "$*" in --version) echo '${version}';; *ping*) ${ping};; *"config show"*) /bin/cat '${home.path}/settings';; *) exit 1;; esac`,
  );
}

/** A binary cache in a folder. */
function cacheFolder(store: string): string {
  return dirname(home.write(`cache${store}/nix-cache-info`, `StoreDir: ${store}\n`));
}

function context(env: Readonly<Record<string, string>> = {}): CommandContext {
  const terminal = createTerminal({
    stream: process.stderr,
    style: (_, text) => text,
    quiet: true,
    verbose: false,
  });
  return {
    cwd,
    env: { ...home.env, PATH: join(home.path, "bin"), GITLAB_TOKEN: token, ...env },
    terminal,
    signal: new AbortController().signal,
    tokenFile: undefined,
    print: () => undefined,
    readInput: () => Promise.resolve(""),
  };
}

async function examine(env: Readonly<Record<string, string>> = {}): Promise<readonly Finding[]> {
  const { data, text } = await run([], {}, context(env));
  const { findings } = data as { findings: readonly Finding[] };
  expect(JSON.stringify(data) + text).not.toContain(CANARY);
  for (const { state, fix } of findings)
    if (state === "broken" || state === "warning") expect(fix).toBeDefined();
  return findings;
}

const bad = (findings: readonly Finding[]) =>
  findings.filter(({ state }) => ["broken", "warning", "unknown"].includes(state));

test("a sound machine has nothing to mend", async () => {
  await lock([], {}, context());
  const findings = await examine();
  expect(bad(findings)).toEqual([]);
  const { meaning } = findings.find(({ name }) => name.startsWith("Token for")) ?? {};
  expect(meaning).toMatch(/^access token from GITLAB_TOKEN, of dev, scopes read_api, for GitLab \d+\.\d+/);
});

/** What is broken; how it shows; what mends it. */
type Broken = readonly [string, () => unknown, Partial<Finding>, RegExp, RegExp];

const MACHINES: readonly Broken[] = [
  [
    "no Nix",
    () => rmSync(join(home.path, "bin/nix")),
    { name: "Nix", state: "broken" },
    /not in PATH/,
    /nixos\.org/,
  ],
  [
    "an old Nix",
    () => installNix({ version: "nix (Nix) 2.3.16" }),
    { name: "Nix", state: "warning" },
    /2\.3\.16 is older/,
    /2\.8/,
  ],
  [
    "no daemon",
    () => installNix({ ping: 'echo "error: cannot connect to socket" >&2; exit 1' }),
    { name: "Nix store", state: "broken" },
    /cannot connect to socket/,
    /nix store ping/,
  ],
  [
    "no sandbox",
    () => installNix({ settings: { sandbox: false } }),
    { name: "Sandbox", state: "warning" },
    /see the files/,
    /sandbox = true/,
  ],
  [
    "a relaxed sandbox",
    () => installNix({ settings: { sandbox: "relaxed" } }),
    { name: "Sandbox", state: "warning" },
    /may ask/,
    /sandbox = true/,
  ],
  [
    "settings that are no JSON",
    () => installNix({ settings: "warning: x" }),
    { name: "Nix settings", state: "unknown" },
    /does not print/,
    /^$/,
  ],
  [
    "a daemon of another version",
    () => installNix({ ping: "printf 'Store URL: daemon\\nVersion: 2.18.1\\nTrusted: 0\\n'" }),
    { name: "Nix store", state: "warning" },
    /daemon is Nix 2\.18\.1, and `nix` here is 2\.26\.3/,
    /restart nix-daemon/,
  ],
  [
    "a binary cache that is down",
    () => installNix({ settings: { substituters: ["http://127.0.0.1:1/?priority=10"] } }),
    { state: "warning" },
    /does not answer: ECONNREFUSED; builds wait/,
    /substituters/,
  ],
  [
    "a binary cache that never answers",
    async () => installNix({ settings: { substituters: [(await serve(() => {})).url] } }),
    { state: "warning" },
    /nothing within 3 s/,
    /substituters/,
  ],
  [
    "a page where a binary cache should be",
    async () => installNix({ settings: { substituters: [(await serve((_, to) => to.end("<html>"))).url] } }),
    { state: "warning" },
    /something else than a binary cache/,
    /spelling/,
  ],
  [
    "a binary cache for another store",
    () => installNix({ settings: { substituters: [cacheFolder("/gnu/store")] } }),
    { state: "warning" },
    /another place than \/nix\/store/,
    /spelling/,
  ],
  [
    "an open netrc of Nix",
    () => installNix({ settings: { "netrc-file": home.write("nix-netrc", "machine x password y", 0o644) } }),
    { name: "Nix netrc", state: "warning" },
    /every user/,
    /chmod 600/,
  ],
];

const INSTANCES: readonly Broken[] = [
  [
    "a broken configuration",
    () => writeFileSync(join(cwd, "artifacts.config.ts"), `export default { gitlb: 1 };`),
    { name: "Repository", state: "broken" },
    /gitlb/,
    /./,
  ],
  [
    "a lock with conflict markers",
    () => writeFileSync(join(cwd, "artifacts.lock.json"), "<<<<<<< HEAD"),
    { name: "Repository", state: "broken" },
    /./,
    /./,
  ],
  [
    "a GitLab that is down",
    () => gitlab.close(),
    { state: "broken" },
    /cannot be reached: ECONNREFUSED/,
    /port/,
  ],
  [
    "a revoked token",
    () => gitlab.addToken({ token: CANARY, kind: "personal", revoked: true }),
    { state: "broken" },
    /revoked/,
    /auth login/,
  ],
  [
    "a token of too narrow a scope",
    () => gitlab.addToken({ token: CANARY, kind: "personal", scopes: ["read_user"] }),
    { state: "broken" },
    /scope read_api/,
    /auth login/,
  ],
  [
    "a token that ends soon",
    () =>
      gitlab.addToken({
        token: CANARY,
        kind: "personal",
        expiresAt: new Date(Date.now() + 3 * 86_400_000).toISOString(),
      }),
    { state: "warning" },
    /ends in [23] days/,
    /auth login/,
  ],
  [
    "settings that others may write",
    () => {
      token = "";
      home.write(".config/nix-artifacts/settings.json", "{}", 0o666);
    },
    { state: "broken" },
    /written by other users/,
    /./,
  ],
];

const LOCKED_REPOSITORIES: readonly Broken[] = [
  [
    "a broken manifest",
    () => writeFileSync(join(cwd, "manifests/acme.ts"), "export default 1 +;"),
    { name: "Lock", state: "broken" },
    /./,
    /./,
  ],
  [
    "a changed overlay",
    () => writeFileSync(join(cwd, "nix/artifacts/overlay.nix"), "{}"),
    { name: "Lock", state: "broken" },
    /overlay\.nix/,
    /artifacts generate/,
  ],
  [
    "a manifest without its lock",
    () =>
      writeFileSync(
        join(cwd, "manifests/acme.ts"),
        `export default { name: "acme", gitlab: "${gitlab.url}", project: "platform/other", ref: { branch: "main" }, job: "build", file: "acme", systems: "any" };`,
      ),
    { name: "Lock", state: "broken" },
    /another project/,
    /artifacts lock acme/,
  ],
  [
    "no proxy where the derivations ask",
    () =>
      writeFileSync(
        join(cwd, "artifacts.config.ts"),
        `export default { fetch: "proxy", proxy: "http://127.0.0.1:1" };`,
      ),
    { name: "Proxy", state: "broken" },
    /nothing answers/,
    /artifacts proxy/,
  ],
  [
    "artifacts that expire",
    () => setExpiry(3),
    { name: "Expiry", state: "warning" },
    /acme \([23] days\)/,
    /lock --keep/,
  ],
];

async function expectNamed([, breakIt, expected, meaning, fix]: Broken): Promise<void> {
  await breakIt();
  const findings = bad(await examine());
  expect(findings).toContainEqual(expect.objectContaining(expected));
  const found = findings.find(
    ({ name, state }) => (expected.name ?? name) === name && state === expected.state,
  );
  expect(found?.meaning).toMatch(meaning);
  expect(found?.fix ?? "").toMatch(fix);
}

describe("the doctor names", () => {
  test.each(MACHINES)("%s", (...machine) => {
    cwd = home.path; // no repository
    return expectNamed(machine);
  });

  test.each(INSTANCES)("%s", (...machine) => {
    writeFileSync(join(cwd, "artifacts.config.ts"), `export default { gitlab: "${gitlab.url}" };`);
    return expectNamed(machine);
  });

  test.each(LOCKED_REPOSITORIES)("%s", async (...repository) => {
    await lock([], {}, context());
    await expectNamed(repository);
  });

  test.each([
    [
      "another version",
      { name: "nix-artifacts", version: "0.0.1" },
      "warning",
      /version 0\.0\.1 answers .* this is 1\.0\.0/,
    ],
    ["the same version", { name: "nix-artifacts", version: "1.0.0" }, "ok", /version 1\.0\.0 answers/],
    ["another service", { hello: "world" }, "broken", /something else than the artifacts proxy/],
  ])("at the proxy's address %s", async (_, answer, state, meaning) => {
    const server = await serve((_request, response) => response.end(JSON.stringify(answer)));
    const finding = await checkProxy(server.url, "1.0.0");
    expect(finding).toMatchObject({ state, meaning: expect.stringMatching(meaning) });
  });

  test.each([
    ["comes letter by letter", 500, " ", /nothing within 5 s/],
    ["never ends", 0, " ".repeat(64 * 1024), /something else than the artifacts proxy/],
  ])("a proxy whose answer %s", async (_, pauseMs, text, meaning) => {
    const server = await serve((_request, response) => {
      const timer = setInterval(() => response.write(text), pauseMs);
      response.once("close", () => clearInterval(timer));
    });

    expect(await checkProxy(server.url, "1.0.0")).toMatchObject({
      state: "broken",
      meaning: expect.stringMatching(meaning),
    });
  });

  test("a clock that is behind", async () => {
    const server = await serve((_request, response) => {
      response.sendDate = false;
      response.setHeader("date", new Date(Date.now() + 20 * 60_000).toUTCString());
      response.end();
    });
    const [, clock] = await checkInstance(server.url, Date.now);
    expect(clock).toMatchObject({
      name: "Clock",
      state: "warning",
      meaning: expect.stringContaining("20 min behind"),
    });
  });
});

async function setExpiry(days: number): Promise<void> {
  const expireAt = new Date(Date.now() + days * 86_400_000).toISOString();
  gitlab.addPipeline("platform/acme", {
    ref: "main",
    jobs: [{ name: "build", artifacts: { files: { acme: "2" }, expireAt } }],
  });
  await lock([], {}, context());
}

test("a token for a host that nothing names is not sent to it by the doctor either", async () => {
  writeFileSync(join(cwd, "artifacts.config.ts"), `export default { gitlab: "https://gitlab.invalid" };`);
  const findings = await examine();
  expect(findings).toContainEqual(
    expect.objectContaining({ name: "https://gitlab.invalid", state: "broken" }),
  );
});

test("without a token a public instance is nothing broken", async () => {
  await lock([], {}, context());
  const findings = await examine({ GITLAB_TOKEN: "" });
  expect(findings).toContainEqual(expect.objectContaining({ state: "note", meaning: "there is none" }));
});

test("passwords in the addresses of caches are neither shown nor sent; one that wants a password is nothing broken", async () => {
  const sent: unknown[] = [];
  const server = await serve(({ headers }, response) => {
    sent.push(headers.authorization);
    response.writeHead(401).end();
  });
  const address = server.url.replace("//", "//user:can@ary@");
  const findings = await checkCaches([address, "s3://bucket?token=canary", "daemon"]);
  expect(findings).toEqual([
    {
      name: `Cache ${server.url.replace("//", "//[secret]@")}`,
      state: "note",
      meaning: expect.stringMatching(/password/),
    },
    { name: "Cache s3://bucket?token=[secret]", state: "note", meaning: expect.stringMatching(/^not asked/) },
    { name: "Cache daemon", state: "note", meaning: expect.stringMatching(/^not asked/) },
  ]);
  expect(sent).toEqual([undefined]);
  installNix({ settings: { "hashed-mirrors": [address] } });
  const mirrors = (await examine()).find(({ name }) => name === "Hashed mirrors");
  expect(mirrors?.meaning).toBe(server.url.replace("//", "//[secret]@"));
});

test.each([
  ["20.18.0", "broken"],
  ["18.20.8", "broken"],
  ["20.18.1", "ok"],
  ["22.0.0", "ok"],
])("Node %s is %s", (version, state) => {
  expect(checkNode(version)).toMatchObject({ state });
});

test("the command runs where there is nothing at all, and fails when something is broken", async () => {
  chmodSync(join(home.path, "bin/nix"), 0o644);
  const { code, stdout, stderr } = await runCli(["doctor"], {
    cwd: home.path,
    env: { PATH: join(home.path, "bin") },
  });
  expect(code).toBe(1);
  expect(stdout).toMatch(/^broken +Nix +`nix` is not in PATH.*\n +fix: install it/m);
  expect(stderr).toContain("DOCTOR_BROKEN");
});

test("the command ends when it is told to, whatever GitLab does", async () => {
  gitlab.fault({ kind: "silent", path: "/api/v4/personal_access_tokens/self" });
  home.write("repository/artifacts.config.ts", `export default { gitlab: "${gitlab.url}" };\n`);
  const { host } = new URL(gitlab.url);

  const { signal } = await runCli(["doctor"], {
    cwd: join(home.path, "repository"),
    env: { PATH: join(home.path, "bin"), GITLAB_TOKEN: CANARY, GITLAB_HOST: `http://${host}` },
    onStart: (child) => {
      const timer = setInterval(() => {
        if (!gitlab.requests.some(({ path }) => path.includes("/personal_access_tokens/self"))) return;
        clearInterval(timer);
        child.kill("SIGTERM");
      }, 10);
    },
  });

  expect(signal).toBe("SIGTERM");
});
