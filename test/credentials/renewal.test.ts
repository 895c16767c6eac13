/** What happens in the middle of a run when GitLab does not take a token any more. */
import { readFileSync, writeFileSync } from "node:fs";
import { afterEach, beforeEach, expect, test } from "vitest";
import { z } from "zod";
import { findCredentials } from "../../src/credentials/find-credentials.js";
import { startGitLab, type EmbeddedGitLab } from "../../src/simulator/simulator.js";
import { connect } from "../gitlab/test-client.js";
import { type Home, failure, makeHome } from "./home.js";

const OLD = "glpat-old0canary0canary000";
const NEW = "glpat-new0canary0canary000";
const Version = z.object({ version: z.string() });

let gitlab: EmbeddedGitLab;
let home: Home;

beforeEach(async () => {
  gitlab = await startGitLab();
  home = makeHome();
});

afterEach(() => gitlab.close());

/** A helper that gives what stands in a file, and counts. */
function useHelper(): void {
  const script = `printf x >> "$HOME/count"; echo "{\\"headers\\":{\\"private-token\\":[\\"$(cat "$HOME/token")\\"]}}"`;
  home.settings({ [gitlab.url]: { helper: [home.program("helper", script)] } });
}

const helperRuns = () => readFileSync(`${home.path}/count`, "utf8").length;

test("a credential is asked for again once after a 401, by all requests together, and no work is repeated", async () => {
  gitlab.addToken({ token: OLD, kind: "personal", name: "old" });
  home.write("token", OLD);
  useHelper();
  const client = connect({ credentials: findCredentials({ env: home.env }) });
  await client.get(gitlab.url, ["version"], Version);
  gitlab.addToken({ token: OLD, kind: "personal", name: "old", revoked: true });
  gitlab.addToken({ token: NEW, kind: "personal", name: "new" });
  writeFileSync(`${home.path}/token`, NEW);

  const versions = await Promise.all(
    Array.from({ length: 20 }, () => client.get(gitlab.url, ["version"], Version)),
  );

  expect(versions).toHaveLength(20);
  expect(helperRuns()).toBe(2);
  expect(gitlab.requests.filter(({ status }) => status === 200)).toHaveLength(21);
});

test("a dead token is tried once, not a thousand times", async () => {
  gitlab.addToken({ token: OLD, kind: "personal", revoked: true });
  const client = connect({ credentials: findCredentials({ env: { ...home.env, GITLAB_TOKEN: OLD } }) });

  const first = await failure(client.get(gitlab.url, ["version"], Version));
  const later = [];
  for (let count = 0; count < 50; count += 1)
    later.push(await failure(client.get(gitlab.url, ["version"], Version)));

  expect(first.code).toBe("GITLAB_TOKEN_REVOKED");
  expect(new Set(later.map(({ code }) => code))).toEqual(new Set(["CREDENTIALS_REFUSED"]));
  expect(later[0]?.message).toContain("GITLAB_TOKEN");
  expect(gitlab.requests).toHaveLength(1);
});

test("a service tries a refused token again after a while", async () => {
  let now = 0;
  const credentials = findCredentials({ env: { GITLAB_TOKEN: OLD }, now: () => now });
  const client = connect({ credentials });
  await failure(client.get(gitlab.url, ["version"], Version));
  gitlab.addToken({ token: OLD, kind: "personal" });
  now += 61_000;
  expect(await client.get(gitlab.url, ["version"], Version)).toMatchObject({ version: "19.5.0-ee" });
});

test("a token that was exchanged in its file is used at once, although the old one was refused", async () => {
  const tokenFile = home.write("token", OLD);
  const client = connect({ credentials: findCredentials({ env: {}, tokenFile }) });
  await failure(client.get(gitlab.url, ["version"], Version));
  gitlab.addToken({ token: NEW, kind: "personal" });
  writeFileSync(tokenFile, NEW);
  expect(await client.get(gitlab.url, ["version"], Version)).toMatchObject({ version: "19.5.0-ee" });
});

test("a token that GraphQL refuses is not given up: REST takes it, or says what is wrong with it", async () => {
  gitlab.addToken({ token: OLD, kind: "personal", expiresAt: "2020-01-01T00:00:00Z" });
  const client = connect({ credentials: findCredentials({ env: { ...home.env, GITLAB_TOKEN: OLD } }) });

  expect((await failure(client.query(gitlab.url, "{}", {}, z.unknown()))).code).toBe("GITLAB_UNAUTHORIZED");
  expect((await failure(client.get(gitlab.url, ["version"], Version))).code).toBe("GITLAB_TOKEN_EXPIRED");
});

test("a job's token is not given up because one route does not take it", async () => {
  gitlab.addProject({ path: "g/app", visibility: "public" });
  gitlab.addPipeline("g/app", { ref: "main", jobs: [{ name: "b", status: "running" }] });
  const [job] = gitlab.state.jobs.keys();
  const env = { GITLAB_CI: "1", CI_JOB_TOKEN: gitlab.issueJobToken(job ?? 0), CI_SERVER_URL: gitlab.url };
  const client = connect({ credentials: findCredentials({ env }) });
  await failure(client.get(gitlab.url, ["user"], Version));
  expect(await client.get(gitlab.url, ["job"], z.object({ id: z.number() }))).toEqual({ id: job });
});
