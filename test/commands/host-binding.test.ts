/**
 * A checked-out branch names another host: in its manifest, its configuration and its lock. Whatever source a token has, and
 * whatever the command, that host gets none. It listens on 0.0.0.0, which is this machine and no loopback address, and the user's
 * settings allow plain http to it: nothing but the binding of the token stands in the way.
 */
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test, vi } from "vitest";
import type { ReadProject, ReadRequest } from "../../src/read-project.js";
import { startGitLab, type EmbeddedGitLab } from "../../src/simulator/simulator.js";
import { makeRepository, readFiles } from "../cli/repository.js";
import { CANARY, type Home, makeHome } from "../credentials/home.js";
import { SOURCES, type Setup } from "../credentials/sources.js";
import { DOWNLOADS } from "./download-places.js";
import { type Place, QUESTIONS } from "./place.js";
import { outcomeOf, type World, worldOf } from "./world.js";

// A thread runs JavaScript only, and would load the parser for each of the runs.
vi.mock("../../src/read-project-thread.js", () => ({
  async readProjectOnThread(request: ReadRequest): Promise<ReadProject> {
    const { readProject } = await import("../../src/read-project.js");
    return readProject(request);
  },
}));

interface Scene {
  /** Where the tokens belong. */
  readonly here: EmbeddedGitLab;
  /** The host that the branch names, and who listens there. */
  readonly other: EmbeddedGitLab;
  readonly otherUrl: string;
  /** The branch. */
  readonly cwd: string;
}

interface Row {
  readonly run: (world: World) => Promise<{ readonly said: string }>;
  /** Where the token would be, if not in a request: in what the command prints or starts. */
  readonly gives?: (said: string, world: World) => string;
}

const ROWS: Readonly<Record<string, Row>> = {
  lock: { run: (world) => outcomeOf(world, "lock", { options: { rehash: true } }) },
  ...placed(DOWNLOADS.filter(({ locked }) => locked)),
  ...placed(QUESTIONS.filter(({ locked, name }) => locked || !name.startsWith("lock"))),
  bump: { run: (world) => outcomeOf(world, "bump", { options: { project: ["platform/acme"] } }) },
  "proxy --check": {
    run: (world) => {
      const options = { check: true, listen: ["127.0.0.1:0"], cache: join(world.cwd, ".cache") };
      return outcomeOf(world, "proxy", { options });
    },
  },
  exec: { run: exec, gives: (_, { cwd }) => readFileSync(join(cwd, "given"), "utf8") },
  "auth helper get": { run: (world) => outcomeOf(world, "auth-helper-get"), gives: (said) => said },
};

function placed(places: readonly Place[]): Record<string, Row> {
  return Object.fromEntries(places.map(({ name, run }) => [name, { run }]));
}

/** Everything but the user's own variables: those the command has anyway. */
async function exec(world: World) {
  const given = join(world.cwd, "given");
  writeFileSync(given, "");
  const names = ["sh", "-c", `printf %s "$NIX_ARTIFACTS_HEADERS$NIX_CONFIG" > '${given}'`];
  return outcomeOf(world, "exec", { names });
}

const MORE_SOURCES: Readonly<Record<string, (home: Home, here: URL) => Setup>> = {
  "GITLAB_TOKEN, whose host nothing names": () => ({ env: { GITLAB_TOKEN: CANARY }, source: "" }),
  "a token file whose host nothing names": (home) => ({ tokenFile: home.write("token", CANARY), source: "" }),
  "netrc's default": (home) => {
    home.write(".netrc", `default login me password ${CANARY}\n`);
    return { source: "" };
  },
};

test.each(Object.keys(ROWS))("no source's token goes there with %s", async (command) => {
  const { run, gives = () => "" } = ROWS[command] ?? { run: () => Promise.reject(new Error(command)) };
  const scene = await makeScene(command);
  const { here, other, otherUrl } = scene;

  async function received(setUp: (home: Home) => Setup | Promise<Setup>): Promise<string> {
    const before = [other.requests.length, other.storageRequests.length] as const;
    const world = await worldFor(scene, setUp);
    const { said } = await run(world);
    const asked = [...other.requests.slice(before[0]), ...other.storageRequests.slice(before[1])];
    return JSON.stringify(asked.map(({ path, headers }) => [path, headers])) + gives(said, world);
  }

  try {
    for (const [source, setUp] of Object.entries({ ...SOURCES, ...MORE_SOURCES })) {
      const got = await received((home) => setUp(home, new URL(here.url)));
      expect({ source, sent: got.includes(CANARY) }).toEqual({ source, sent: false });
    }
    // The same command, when the user has decided otherwise: what is looked for would be seen.
    const trusting = (home: Home) => {
      home.settings({ [otherUrl]: { trusted: true, plainHttp: true } });
      return { env: { GITLAB_TOKEN: CANARY }, source: "" };
    };
    expect(await received(trusting)).toContain(CANARY);
  } finally {
    await Promise.all([here.close(), other.close()]);
  }
});

/** Both instances have the project; the other's is public, so that a command without a token gets far. */
async function makeScene(command: string): Promise<Scene> {
  const [here, other] = await Promise.all([startGitLab(), startGitLab({ knobs: { mergeabilityChecks: 0 } })]);
  const otherUrl = other.url.replace("127.0.0.1", "0.0.0.0");
  here.addToken({ token: CANARY, kind: "personal", scopes: ["api"], role: "maintainer" });
  here.addProject({ path: "platform/acme", visibility: "private" });
  other.addProject({ path: "platform/acme", visibility: "public" });
  const artifacts = { files: { acme: `acme of ${other.url}` } };
  other.addPipeline("platform/acme", { ref: "main", jobs: [{ name: "build", artifacts }] });
  const fetch = command === "exec" ? "impure-env" : "require";
  const config = `export default { gitlab: "${otherUrl}", fetch: "${fetch}", proxy: "${otherUrl}" };\n`;
  const cwd = makeRepository({ gitlab: otherUrl }, { "artifacts.config.ts": config });
  const scene = { here, other, otherUrl, cwd };
  const { errors } = await outcomeOf(await worldFor(scene, () => ({ source: "" })), "lock");
  expect(errors).toEqual([]);
  for (const { forge } of [here, other])
    forge("platform/acme").repository.commit("main", { files: { ...readFiles(cwd) } });
  return scene;
}

async function worldFor(
  { other, otherUrl, cwd }: Scene,
  setUp: (home: Home) => Setup | Promise<Setup>,
): Promise<World> {
  const home = makeHome();
  home.settings({ [otherUrl]: { plainHttp: true } });
  home.program("nix", `case "$*" in --version) echo 'nix (Nix) 2.26.3';; *) echo 'Store URL: local';; esac`);
  const { env, tokenFile } = await setUp(home);
  const world = worldOf(other, cwd);
  const readInput = () => Promise.resolve(JSON.stringify({ uri: `${otherUrl}/` }));
  return {
    ...world,
    context: { ...world.context, env: { ...home.env, ...env }, tokenFile, readInput },
  };
}

test("the proxy that a branch names gets no entry of netrc", async () => {
  const cwd = makeRepository(
    { gitlab: "https://gitlab.example" },
    { "artifacts.config.ts": `export default { proxy: "https://elsewhere.example" };\n` },
  );
  const gitlab = await startGitLab();
  const world = worldOf(gitlab, cwd);
  const named = await outcomeOf(world, "auth-netrc");
  expect(named.errors).toMatchObject([{ code: "NETRC_WHICH_PROXY" }]);
  expect(named.said).not.toContain(world.context.env["GITLAB_TOKEN"]);
  const chosen = await outcomeOf(world, "auth-netrc", { names: ["https://elsewhere.example"] });
  expect(chosen.said).toContain(world.context.env["GITLAB_TOKEN"]);
  await gitlab.close();
});
