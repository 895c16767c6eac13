/** `artifacts exec` with a real Nix: which builds get the token, and whether what is said about it beforehand is true. */
import { cp, chmod, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { filesBelow, filesWith } from "../../src/demo/leak-search.js";
import { startGitLab, type EmbeddedGitLab } from "../../src/simulator/simulator.js";
import { makeRepository } from "../cli/repository.js";
import { CLI, runCli } from "../cli/run-cli.js";
import { CANARY } from "../credentials/home.js";
import { startNixHost, type NixHost, type RunOptions } from "./host.js";
import { makeFolder } from "./workspace.js";

/** In the words of old and new versions of Nix. */
const FAILED = /there\.drv' failed|Cannot build '.*there\.drv'/;
const FEATURE = "configurable-impure-env";

let gitlab: EmbeddedGitLab;
let host: NixHost;
let repository: string;
/** Whether this Nix has the setting `impure-env` at all: since 2.19. */
let hasSetting: boolean;

beforeAll(async () => {
  gitlab = await startGitLab();
  gitlab.addToken({ token: CANARY, kind: "personal", scopes: ["read_api"] });
  gitlab.addProject({ path: "platform/acme", visibility: "private" });
  gitlab.addPipeline("platform/acme", {
    ref: "main",
    jobs: [{ name: "build", artifacts: { files: { acme: "1" } } }],
  });
  host = await startNixHost({ conf: { "experimental-features": `nix-command flakes ${FEATURE}` } });
  const cwd = makeRepository({ gitlab: gitlab.url, fetch: "impure-env" });
  expect(await runCli(["lock"], { cwd, env: { GITLAB_TOKEN: CANARY } })).toMatchObject({ code: 0 });
  repository = await makeFolder(host, "repository");
  await cp(cwd, repository, { recursive: true });
  await chmod(repository, 0o755);
  const [, minor] = /2\.(\d+)/.exec(await host.output("nix", ["--version"])) ?? [];
  hasSetting = Number(minor) >= 19;
});
afterAll(async () => {
  await host.stop();
  await gitlab.close();
});

let count = 0;

/** Builds, by `artifacts exec`, a derivation that succeeds when it has a header for the instance. */
async function build(options: RunOptions & { readonly names?: string }) {
  const { names = '"NIX_ARTIFACTS_HEADERS"', env, user } = options;
  const text = `there ${count++}`;
  const file = join(repository, "there.nix");
  await writeFile(
    file,
    `derivation {
      name = "there"; system = builtins.currentSystem; builder = "/bin/sh"; impureEnvVars = [ ${names} ];
      args = [ "-c" "case \\"$NIX_ARTIFACTS_HEADERS\\" in ${gitlab.url}=private-token:?*) printf '${text}' > $out;; *) exit 1;; esac" ];
      outputHashAlgo = "sha256"; outputHashMode = "flat"; outputHash = builtins.hashString "sha256" "${text}";
    }`,
  );
  return host.run(process.execPath, [CLI, "exec", "--", "nix-build", "--no-out-link", file], {
    ...(user === undefined ? {} : { user }),
    env: { GITLAB_TOKEN: CANARY, ...env },
    cwd: repository,
  });
}

test("the daemon of a trusted user hands it to a build that names it, or it is said beforehand that it does not", async () => {
  const { code, stderr } = await build({ user: "root" });
  if (hasSetting) {
    expect({ code, stderr }).toMatchObject({ code: 0 });
    expect(stderr).toMatch(/impure-env: the daemon hands the variable to every fixed-output derivation/);
  } else {
    expect(stderr).toMatch(
      /the daemon ignores it without a word: Nix 2\.\S+ is older than 2\.19, so .* no token/,
    );
    expect(stderr).toMatch(FAILED);
  }
});

test("an untrusted user's build gets none, and the user is told why before it starts", async () => {
  const { code, stderr } = await build({ user: "untrusted" });
  expect(code).not.toBe(0);
  const why = hasSetting ? /takes the setting from trusted users only/ : /is older than 2\.19/;
  expect(stderr).toMatch(why);
  expect(stderr.search(why)).toBeLessThan(stderr.search(/there\.drv/));
});

test("without a daemon a derivation that names it gets it, and no other does", async () => {
  const alone = { user: "root", env: { NIX_REMOTE: "local" } } as const;
  expect(await build(alone)).toMatchObject({ code: 0 });
  const unnamed = await build({ ...alone, names: "" });
  expect(unnamed.stderr).toMatch(FAILED);
});

test("the token is in no log, derivation or output of the store", async () => {
  const { stdout, stderr } = await build({ user: "root" });
  const said = join(repository, "said");
  await writeFile(said, [stdout, stderr, await host.daemonLog()].join("\n"));
  const files = await filesBelow(host.store);
  expect(files.some((file) => file.endsWith("there.drv"))).toBe(true);
  expect(await filesWith(CANARY, [said, ...files])).toEqual([]);
});
