/**
 * Every command once with success, and each that talks to GitLab with each way of a GitLab that repeats what it was sent: in bodies of
 * errors and in redirects, at every level of talk. Afterwards the token is searched for in all that was printed and written, in the
 * bot's commits and merge requests, and in what processes showed meanwhile.
 */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readFileSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { COMMANDS } from "../../src/commands/table.js";
import { filesBelow, filesWith } from "../../src/demo/leak-search.js";
import { checkout, PROJECT, startCompany, TOKEN } from "../bump/company.js";
import { CLI, runCli } from "../cli/run-cli.js";
import { makeHome } from "../credentials/home.js";
import { temporaryNix } from "../store/temporary-nix.js";
import { watchProcesses } from "./watch-processes.js";

/** It searches for a token of its own; `test/demo` shows that its programs get no other. */
const APART = "demo";

const ECHOES = [
  { kind: "echo-headers", status: 401 },
  { kind: "echo-headers", status: 403 },
  { kind: "echo-headers", status: 404 },
  { kind: "moved", location: `http://127.0.0.1:1/sign-in?back=${TOKEN}&private_token=${TOKEN}` },
] as const;
const LEVELS = [["--verbose"], ["--json"], ["--quiet"], []];

test("no command shows or leaves the token, whatever GitLab does", { timeout: 300_000 }, async () => {
  const company = await startCompany();
  company.build("acme", "acme 2");
  const { gitlab } = company;
  const cwd = checkout(company);
  const home = makeHome();
  const nix = await temporaryNix();
  onTestFinished(() => nix.remove());
  const empty = await temporaryNix();
  onTestFinished(() => empty.remove());
  // What `exec` starts is given the token: that is what it is for.
  const watch = watchProcesses(TOKEN, { mayHold: /dist\/cli\.js|^sleep 0\.2/ });
  onTestFinished(() => watch.stop());
  const env = { ...home.env, GITLAB_TOKEN: TOKEN, CI_PROJECT_PATH: PROJECT };
  const store = ({ env: all }: typeof nix) =>
    Object.fromEntries(["NIX_REMOTE", "NIX_CONF_DIR", "NIX_CONFIG"].map((name) => [name, all[name] ?? ""]));
  const said: string[] = [];
  const ran = new Set<string>();
  const run = async (args: readonly string[], { input = "", secret = false, into = nix } = {}) => {
    const { code, stdout, stderr } = await runCli(args, { cwd, input, env: { ...env, ...store(into) } });
    const entry = COMMANDS.filter(({ name }) =>
      args
        .filter((arg) => !arg.startsWith("-"))
        .join(" ")
        .startsWith(name),
    );
    for (const { name } of entry) ran.add(name);
    said.push(`\n$ ${args.join(" ")}: ${code}\n`, secret ? "" : stdout, stderr);
    return code;
  };

  const cache = mkdtempSync(join(tmpdir(), "cache-"));
  const uri = JSON.stringify({ uri: `${gitlab.url}/` });
  let count = 0;
  /** One after the other, each with the next level of talk. */
  const succeed = async (...commands: readonly (readonly string[])[]) => {
    for (const args of commands) {
      const code = await run([...(LEVELS[count++ % LEVELS.length] ?? []), ...args]);
      expect(code, `${args.join(" ")}: ${said.join("").slice(-2000)}`).toBe(0);
    }
  };
  await succeed(["lock"], ["generate"]);
  const lock = readFileSync(join(cwd, "artifacts.lock.json"), "utf8");
  const [path = ""] = /\/nix\/store\/[^"]+/.exec(lock) ?? [];
  const spool = ["--spool", mkdtempSync(join(cwd, ".spool-"))];
  const uploaded = ["--to", join(cache, "built"), ...spool];
  await Promise.all([
    succeed(
      ["fetch"],
      ["hook", ...spool],
      ["uploader", "--once", ...uploaded],
      ["queue", "drain", ...uploaded],
      ["queue", "wait", ...spool],
      ["queue", "add", path, ...spool],
      ["queue", "status", ...spool],
    ),
    succeed(
      ["publish", "--to", cache],
      ["cache", "verify", "--store", cache],
      ["cache", "gc", "--store", cache],
      ["init", "new"],
    ),
    succeed(["bump", "--dry-run"], ["bump"], ["outdated"], ["verify"]),
    succeed(
      ["lock", "--check"],
      ["show"],
      ["auth", "status", gitlab.url, "--check"],
      ["auth", "trust", gitlab.url],
      ["auth", "netrc", "--gitlab", gitlab.url, "--to", "netrc"],
    ),
    run(["doctor", "--json"]),
  ]);
  // What waits now is in a store elsewhere, which the uploader does not look at.
  expect(await run(["uploader", "--once", ...uploaded])).toBe(1);
  expect(await run(["auth", "helper", "get"], { input: uri, secret: true })).toBe(0);
  expect(await run(["auth", "login", gitlab.url, "--with-token"], { input: TOKEN })).toBe(0);
  expect(await run(["auth", "logout", gitlab.url])).toBe(0);
  await serveOnce();
  const config = join(cwd, "artifacts.config.ts");
  writeFileSync(config, readFileSync(config, "utf8").replace("bump:", 'fetch: "impure-env", bump:'));
  expect(await run(["lock"])).toBe(0);
  expect(await run(["exec", "--", "sleep", "0.2"])).toBe(0);

  const asking = [
    ["lock", "--rehash"],
    ["outdated"],
    ["verify"],
    ["fetch"],
    ["publish", "--to", join(cache, "2")],
    ["bump"],
  ];
  for (const [round, echo] of ECHOES.entries()) {
    gitlab.clearFaults();
    gitlab.fault({ path: /\/api\/v4\//, ...echo });
    const level = (index: number) => LEVELS[(round + index) % LEVELS.length] ?? [];
    const codes = await Promise.all([
      ...asking.map((args, index) => run([...level(index), ...args], { into: empty })),
      run(["auth", "login", gitlab.url, "--with-token"], { input: TOKEN }),
    ]);
    expect(codes).toEqual(codes.map(() => 1));
    // A good token may be forbidden to ask about itself, so 403 is no failure here.
    await Promise.all([run(["auth", "status", gitlab.url, "--check"]), run(["doctor", "--verbose"])]);
  }

  const { tree, message } = company.forge.repository.at("artifacts/acme") ?? { tree: new Map(), message: "" };
  const written = [
    JSON.stringify([[...tree], message, company.forge.mergeRequests]),
    ...said,
    ...watch.seen(),
  ];
  expect(company.open()).toHaveLength(1);
  expect(COMMANDS.map(({ name }) => name).filter((name) => !ran.has(name) && name !== APART)).toEqual([]);
  const report = join(mkdtempSync(join(tmpdir(), "said-")), "all");
  writeFileSync(report, written.join("\n"));
  const files = (await Promise.all([cwd, home.path, cache, nix.root, empty.root].map(filesBelow))).flat();
  expect(files.filter((file) => file.endsWith(".nix")).length).toBeGreaterThan(2);
  expect(watch.seen()).toEqual([]);
  expect(await filesWith(TOKEN, [report, ...files])).toEqual([join(cwd, "netrc")]);
  expect(gitlab.leaks).toEqual([]);

  async function serveOnce(): Promise<void> {
    ran.add("proxy");
    const proxy = spawn(
      process.execPath,
      [CLI, "proxy", "--listen", "127.0.0.1:0", "--cache", join(cwd, ".proxy")],
      { cwd, env },
    );
    proxy.stderr.on("data", (text: Buffer) => said.push(text.toString()));
    const [line] = (await once(proxy.stdout, "data")) as [Buffer]; // it prints bytes
    const address = /http:\S+/.exec(line.toString())?.[0] ?? "";
    const [, hash = ""] = /"storePath": "\/nix\/store\/(\w{32})-/.exec(lock) ?? [];
    const narinfo = await (await fetch(`${address}/${hash}.narinfo`)).text();
    const [, nar = ""] = /^URL: (.*)$/m.exec(narinfo) ?? [];
    const answers = [narinfo, await (await fetch(`${address}/${nar}`)).text()];
    gitlab.fault({ path: /\/api\/v4\//, kind: "echo-headers", status: 401, times: 2 });
    answers.push(
      await (await fetch(`${address}/nothing`, { headers: { authorization: "Basic eDp5" } })).text(),
    );
    said.push(...answers);
    expect(nar).not.toBe("");
    proxy.kill("SIGTERM");
    await once(proxy, "close");
    gitlab.clearFaults();
  }
});
