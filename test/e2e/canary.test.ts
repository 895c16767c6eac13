/**
 * A token from each kind of place, commands that succeed and fail, an instance that echoes what it was sent: the token turns up
 * in no output, no file, no command line and no environment but those that the user gave it to.
 */
import { mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { filesBelow, filesWith } from "../../src/demo/leak-search.js";
import { startGitLab, type EmbeddedGitLab } from "../../src/simulator/simulator.js";
import { makeRepository } from "../cli/repository.js";
import { runCli } from "../cli/run-cli.js";
import { type Home, makeHome } from "../credentials/home.js";
import { type ProcessWatch, watchProcesses } from "./watch-processes.js";

const TOKEN = "glpat-canarySOURCES0canary01";

let gitlab: EmbeddedGitLab;
let watch: ProcessWatch;
let printed = "";

beforeAll(async () => {
  watch = watchProcesses(TOKEN);
  gitlab = await startGitLab({ knobs: { storage: "direct" } });
  gitlab.addToken({ token: TOKEN, kind: "personal", scopes: ["read_api"] });
  gitlab.addProject({ path: "platform/acme", visibility: "private" });
  gitlab.addPipeline("platform/acme", {
    ref: "main",
    jobs: [{ name: "build", artifacts: { files: { acme: "1" } } }],
  });
});

afterAll(async () => {
  watch.stop();
  await gitlab.close();
});

interface Place {
  readonly env: Readonly<Record<string, string>>;
  /** Where the user keeps the token. */
  readonly own: readonly string[];
}

const PLACES: Record<string, (home: Home) => Place> = {
  environment: () => ({ env: { GITLAB_TOKEN: TOKEN }, own: [] }),
  helper: (home) => {
    const own = home.program(
      "helper",
      `env > "$HOME/seen"; echo "asked for ${TOKEN}" >&2; echo '{"headers":{"private-token":["${TOKEN}"]}}'`,
    );
    home.settings({ [gitlab.url]: { helper: [own] } });
    return { env: {}, own: [own] };
  },
  netrc: (home) => {
    const own = home.write(".netrc", `machine 127.0.0.1 login me password ${TOKEN}\n`);
    return { env: {}, own: [own] };
  },
};

/** What the instance does, and a command that meets it. */
const RUNS = [
  [undefined, ["lock", "--verbose"]],
  [undefined, ["doctor", "--json"]],
  [{ path: /\/api\/v4\//, kind: "echo-headers", status: 401 }, ["auth", "status", "--check"]],
  [{ path: /\/api\/v4\//, kind: "echo-headers", status: 404 }, ["lock", "--rehash", "--json"]],
  [{ path: /\/artifacts/, kind: "sign-in" }, ["lock", "--rehash", "--verbose"]],
] as const;

test.each(Object.keys(PLACES))("from the %s", { timeout: 120_000 }, async (name) => {
  const home = makeHome();
  const place = PLACES[name]?.(home) ?? { env: {}, own: [] };
  const config = `export default { gitlab: "${gitlab.url}", fetch: "require" };\n`;
  const cwd = makeRepository({ gitlab: gitlab.url }, { "artifacts.config.ts": config });
  const codes: (number | null)[] = [];
  for (const [fault, command] of RUNS) {
    gitlab.clearFaults();
    if (fault !== undefined) gitlab.fault(fault);
    const { code, stdout, stderr } = await runCli(command, { cwd, env: { ...home.env, ...place.env } });
    codes.push(code);
    printed += stdout + stderr;
  }
  const left = (await filesBelow(home.path)).filter((file) => !place.own.includes(file));

  expect(codes[0]).toBe(0);
  expect(codes.slice(2)).toEqual([1, 1, 1]);
  expect(await filesWith(TOKEN, [...(await filesBelow(cwd)), ...left])).toEqual([]);
});

test("the token was used, and shown to nobody", async () => {
  const said = join(mkdtempSync(join(tmpdir(), "said-")), "all");
  writeFileSync(said, printed);

  expect(gitlab.requests.filter(({ token }) => token?.name !== undefined).length).toBeGreaterThan(10);
  expect(printed).toMatch(/401/);
  expect(await filesWith(TOKEN, [said])).toEqual([]);
  expect(watch.seen()).toEqual([]);
  expect(gitlab.leaks).toEqual([]);
});
