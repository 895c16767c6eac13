/** `publish` and `cache gc` on a real S3 server, killed, cut, refused and beside each other; seen through a relay that knows the moment. */
import { writeFileSync } from "node:fs";
import type { IncomingMessage, ServerResponse } from "node:http";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import type { Lock } from "../../src/lock/schema.js";
import { type EmbeddedGitLab, startGitLab } from "../../src/simulator/simulator.js";
import { narInfoKey } from "../../src/store/narinfo.js";
import { type Relay, startRelay } from "../s3/start-relay.js";
import { type S3Server, SMALL, startS3, WRITER } from "../s3/start-s3.js";
import { makeRepository, readFiles } from "./repository.js";
import { type CliOptions, type CliResult, runCli } from "./run-cli.js";

const TOKEN = "glpat-bucket00000000000000";
const TOOLS = Array.from({ length: 12 }, (_, index) => `tool-${index}`);
const KEPT = TOOLS.slice(0, 4);
/** The lock of a branch that needs a few of them. */
const KEPT_LOCK = "kept.lock.json";

let gitlab: EmbeddedGitLab;
let s3: S3Server;
let relay: Relay;
let cwd: string;
let lock: Lock;

beforeAll(async () => {
  [gitlab, s3] = await Promise.all([startGitLab(), startS3()]);
  relay = await startRelay(s3.url);
  await s3.makeBucket("team-cache");
  gitlab.addToken({ token: TOKEN, kind: "personal", scopes: ["read_api"] });
  gitlab.addProject({ path: "platform/acme", visibility: "private" });
  const files = Object.fromEntries(TOOLS.map((name, seed) => [name, { size: 20_000, seed }]));
  gitlab.addPipeline("platform/acme", { ref: "main", jobs: [{ name: "build", artifacts: { files } }] });
  const tools = `import { defineArtifacts } from "nix-artifacts";
export default defineArtifacts(${JSON.stringify(TOOLS.slice(1))}.map((name) => ({
  name, gitlab: ${JSON.stringify(gitlab.url)}, project: "platform/acme",
  ref: { branch: "main" }, job: "build", file: name, systems: "any",
})));
`;
  const first = { name: "tool-0", file: "tool-0", gitlab: gitlab.url };
  cwd = makeRepository(first, { "manifests/tools.ts": tools });
  expect(await artifacts(["lock"])).toMatchObject({ code: 0 });
  lock = JSON.parse(readFiles(cwd)["artifacts.lock.json"] ?? "") as Lock; // written by the command above
  const kept = Object.fromEntries(Object.entries(lock.artifacts).filter(([name]) => KEPT.includes(name)));
  writeFileSync(join(cwd, KEPT_LOCK), JSON.stringify({ ...lock, artifacts: kept }));
});
afterAll(async () => {
  relay.close();
  await Promise.all([gitlab.close(), s3.stop()]);
});
afterEach(() => {
  relay.intercept = () => false;
});

function artifacts(
  args: readonly string[],
  { env, ...options }: Partial<CliOptions> = {},
): Promise<CliResult> {
  return runCli(args, {
    cwd,
    ...options,
    env: {
      GITLAB_TOKEN: TOKEN,
      AWS_ACCESS_KEY_ID: WRITER.id,
      AWS_SECRET_ACCESS_KEY: WRITER.secret,
      ...env,
    },
  });
}

/** A place of its own in the bucket. */
function cacheAt(name: string): string {
  return `s3://team-cache/${name}?endpoint=${relay.url}`;
}

function publish(cache: string, options?: Partial<CliOptions>): Promise<CliResult> {
  return artifacts(["publish", "--to", cache], options);
}

/** What only the few need that are in the other lock. */
function tidy(cache: string, options?: Partial<CliOptions>): Promise<CliResult> {
  return artifacts(["cache", "gc", "--store", cache, "--lock", KEPT_LOCK, "--delete"], options);
}

/** All that is promised is there, and so is all of a lock. */
async function expectSound(cache: string, lockFile: string): Promise<void> {
  const verified = await artifacts(["cache", "verify", "--store", cache, "--lock", lockFile]);
  expect(verified).toMatchObject({ code: 0, stderr: "" });
}

/** Ends a process with SIGKILL at its request of a number; `after`: when that has been answered. */
function killAt(moment: number, after: boolean): NonNullable<CliOptions["onStart"]> {
  return (child) => {
    let seen = 0;
    relay.intercept = (_, response) => {
      seen += 1;
      if (seen !== moment) return false;
      if (after) response.on("close", () => child.kill("SIGKILL"));
      else child.kill("SIGKILL");
      return !after;
    };
  };
}

function random(below: number): number {
  return Math.floor(Math.random() * below);
}

test("a tidying that is killed at any request loses nothing that is needed, and the next one goes on", async () => {
  const cache = cacheAt("killed");
  expect(await publish(cache)).toMatchObject({ code: 0 });
  await relay.age();
  let killed = 0;
  for (let moment = 5; killed < 8; moment += 1 + random(8)) {
    const ended = await tidy(cache, { onStart: killAt(moment, random(2) === 1) });
    relay.intercept = () => false;
    await expectSound(cache, KEPT_LOCK);
    if (ended.signal === null) break;
    killed += 1;
  }
  expect(killed).toBeGreaterThan(3);
  expect(await tidy(cache)).toMatchObject({ code: 0, stderr: "" });
  const left = await artifacts(["cache", "verify", "--store", cache, "--lock", KEPT_LOCK]);
  expect(left.stdout).toBe(`s3://team-cache/killed: ${KEPT.length} paths are sound\n`);
});

describe("what is published while a cache is tidied stays", () => {
  const oldKey = () => narInfoKey(lock.artifacts["tool-11"]?.systems["any"]?.storePath ?? "");

  test.each([
    ["promise", (url: string) => url.includes(oldKey())],
    ["archive", (url: string) => url.includes("/nar/")],
  ])("although the removal of its %s is already on its way", async (what, isMeant) => {
    const cache = cacheAt(`on-its-way-${what}`);
    expect(await publish(cache)).toMatchObject({ code: 0 });
    await relay.age();
    const publishing: Promise<CliResult>[] = [];
    // The removal waits until a publisher has seen the file and written it anew.
    relay.intercept = async (request) => {
      const url = request.url ?? "";
      if (request.method !== "DELETE" || !isMeant(url) || publishing.length > 0) return false;
      const written = new Promise<void>((resolve) => {
        relay.intercept = (other, response) => {
          if (other.method === "PUT" && other.url?.split("?")[0] === url.split("?")[0])
            response.on("close", resolve);
          return false;
        };
      });
      publishing.push(publish(cache));
      await written;
      return false;
    };
    expect(await tidy(cache)).toMatchObject({ code: 0, stderr: "" });
    expect(publishing).toHaveLength(1);
    expect(await publishing[0]).toMatchObject({ code: 0, stderr: "" });
    await expectSound(cache, "artifacts.lock.json");
  });

  test("whenever it comes, also from two publishers at once", async () => {
    for (let round = 0; round < 2; round++) {
      const cache = cacheAt(`beside-${round}`);
      expect(await publish(cache)).toMatchObject({ code: 0 });
      await relay.age();
      const publishing: Promise<CliResult>[] = [];
      const moment = 1 + random(60);
      let seen = 0;
      relay.intercept = () => {
        seen += 1;
        if (seen === moment) publishing.push(publish(cache), publish(cache));
        return false;
      };
      expect(await tidy(cache)).toMatchObject({ code: 0, stderr: "" });
      for (const one of await Promise.all(publishing)) expect(one).toMatchObject({ code: 0, stderr: "" });
      await expectSound(cache, publishing.length > 0 ? "artifacts.lock.json" : KEPT_LOCK);
    }
  });
});

describe("publish into a bucket", () => {
  test("that is killed at any request is continued: what is there is not sent again", async () => {
    for (let round = 0; round < 4; round++) {
      const cache = cacheAt(`publish-killed-${round}`);
      const killed = await publish(cache, { onStart: killAt(3 + random(40), random(2) === 1) });
      relay.intercept = () => false;
      expect(killed.signal).toBe("SIGKILL");
      relay.requests.length = 0;
      expect(await artifacts(["cache", "verify", "--store", cache, "--json"])).toMatchObject({
        signal: null,
      });
      const there = new Set(relay.requests.flatMap((line) => line.match(/^GET (.*narinfo)$/)?.[1] ?? []));
      relay.requests.length = 0;
      expect(await publish(cache)).toMatchObject({ code: 0, stderr: "" });
      const sent = relay.requests.flatMap((line) => line.match(/^PUT (.*)$/)?.[1] ?? []);
      expect(new Set(sent).size).toBe(sent.length);
      expect(there.size).toBeGreaterThan(0);
      await expectSound(cache, "artifacts.lock.json");
    }
  });

  type Answer = (request: IncomingMessage, response: ServerResponse) => unknown;
  const denied: Answer = (_, response) =>
    response.writeHead(403).end("<Error><Code>AccessDenied</Code><Message>not you</Message></Error>");

  test.each([
    ["archive", "/nar/"],
    ["promise", ".narinfo"],
  ])(
    "whose %s is refused in the middle publishes the others, and the next run the rest",
    async (what, part) => {
      const cache = cacheAt(`denied-${what}`);
      let puts = 0;
      relay.intercept = (request, response) => {
        if (request.method !== "PUT" || request.url?.includes(part) !== true || ++puts <= 3) return false;
        denied(request, response);
        return true;
      };
      const first = await publish(cache);
      expect(first).toMatchObject({ code: 1, stderr: expect.stringContaining("403 AccessDenied") });
      expect(first.stdout).toContain(": 3 published, 0 already there");
      relay.intercept = () => false;
      const second = await publish(cache);
      expect(second).toMatchObject({ code: 0, stderr: "" });
      expect(second.stdout).toContain(`: ${TOOLS.length - 3} published, 3 already there`);
      await expectSound(cache, "artifacts.lock.json");
    },
  );

  test("that has no room left says so, and promises nothing that is not there", async () => {
    await s3.makeBucket("small-cache", SMALL);
    const cache = `s3://small-cache?endpoint=${s3.url}`;
    const env = { AWS_ACCESS_KEY_ID: SMALL.id, AWS_SECRET_ACCESS_KEY: SMALL.secret };
    const { code, stderr } = await publish(cache, { env });
    expect(code).toBe(1);
    expect(stderr).toMatch(/answered 403 QuotaExceeded\n +fix: the cache has no room/);
    const verified = await artifacts(["cache", "verify", "--store", cache]);
    expect(verified.stderr).toContain("is not in the cache");
    expect(verified.stderr).not.toMatch(/is missing|DAMAGED|TRUNCATED|MISMATCH/);
  });

  test("over a connection that is cut once at each kind of request is no failure", async () => {
    const cut = new Set<string>();
    relay.intercept = (request) => {
      const step = `${request.method} ${/[^/?]*?(\.\w+)?(?=\?|$)/.exec(request.url ?? "")?.[1] ?? ""}`;
      if (cut.has(step)) return false;
      cut.add(step);
      request.socket.destroy();
      return true;
    };
    expect(await publish(cacheAt("cut"))).toMatchObject({ code: 0, stderr: "" });
    expect([...cut].sort()).toEqual([
      "GET ",
      "GET .narinfo",
      "HEAD .zst",
      "PUT ",
      "PUT .narinfo",
      "PUT .zst",
    ]);
    await expectSound(cacheAt("cut"), "artifacts.lock.json");
  });
});
