/** What a person sees of `publish` when the cache, the disk or the machine fails, and what the next run makes of it. */
import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readdirSync, rmSync, truncateSync, writeFileSync } from "node:fs";
import type { IncomingMessage, ServerResponse } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { type EmbeddedGitLab, startGitLab } from "../../src/simulator/simulator.js";
import { type CacheServer, startCacheServer } from "../publish/cache-server.js";
import { makeRepository } from "./repository.js";
import { type CliOptions, type CliResult, runCli } from "./run-cli.js";

const TOKEN = "glpat-publishfaults000000";
const PASSWORD = "cache-password-000000";
const TOOLS = ["acme", ...Array.from({ length: 7 }, (_, index) => `tool-${index}`)];

let gitlab: EmbeddedGitLab;
let cwd: string;
beforeAll(async () => {
  gitlab = await startGitLab();
  gitlab.addToken({ token: TOKEN, kind: "personal", scopes: ["read_api"] });
  gitlab.addProject({ path: "platform/acme", visibility: "private" });
  const files = Object.fromEntries(TOOLS.map((name, seed) => [name, { size: 60_000, seed }]));
  gitlab.addPipeline("platform/acme", { ref: "main", jobs: [{ name: "build", artifacts: { files } }] });
  const tools = `import { defineArtifacts } from "nix-artifacts";
export default defineArtifacts(${JSON.stringify(TOOLS.slice(1))}.map((name) => ({
  name, gitlab: ${JSON.stringify(gitlab.url)}, project: "platform/acme",
  ref: { branch: "main" }, job: "build", file: name, systems: "any",
})));
`;
  cwd = makeRepository({ gitlab: gitlab.url }, { "manifests/tools.ts": tools });
  expect(await artifacts(["lock"])).toMatchObject({ code: 0 });
});
afterAll(() => gitlab.close());

function artifacts(args: string[], { env, ...options }: Partial<CliOptions> = {}): Promise<CliResult> {
  return runCli(args, { cwd, ...options, env: { GITLAB_TOKEN: TOKEN, ...env } });
}

let server: CacheServer;
beforeEach(async () => {
  server = await startCacheServer();
});
afterEach(() => server.close());

type Answer = (request: IncomingMessage, response: ServerResponse) => void;

const status =
  (code: number, body = ""): Answer =>
  (_, response) =>
    void response.writeHead(code).end(body);
const s3Error = (code: number, name: string) =>
  status(code, `<?xml version="1.0"?><Error><Code>${name}</Code><Message>it says so</Message></Error>`);

/** What a person reads, and that a secret is not in it. */
function expectSaid({ stdout, stderr }: CliResult, ...words: RegExp[]): void {
  for (const word of words) expect(stderr).toMatch(word);
  expect(stderr).not.toMatch(/^ +at /m);
  expect(stdout + stderr).not.toContain(TOKEN);
  expect(stdout + stderr).not.toContain(PASSWORD);
  expect(stderr).not.toContain("Warning");
}

describe("a cache behind HTTP", () => {
  const netrc = () => {
    const file = join(mkdtempSync(join(tmpdir(), "netrc-")), "netrc");
    writeFileSync(file, `machine 127.0.0.1 login me password ${PASSWORD}\n`, { mode: 0o600 });
    return ["--netrc-file", file];
  };

  test.each([
    ["without credentials where some are needed", status(401), () => [], [/no credential was sent/]],
    ["with wrong credentials", status(403), netrc, [/answered 403/, /a credential from .*netrc was sent/]],
    ["that takes no PUT", status(405), () => [], [/takes PUT/]],
    ["that has moved", status(301), () => [], [/that this one redirects to/]],
  ] as const)("%s: exit code 1, and nothing is asked of GitLab", async (_, answer, options, words) => {
    server.intercept = (request, response) => {
      answer(request, response);
      return true;
    };
    const before = gitlab.requests.length;
    const ended = await artifacts(["publish", "--to", server.url, ...options()]);
    expect(ended.code).toBe(1);
    expectSaid(ended, ...words, new RegExp(server.url));
    expect(gitlab.requests).toHaveLength(before);
  });

  test.each([
    ["403", ".nar.zst", status(403), /answered 403/],
    ["403", ".narinfo", status(403), /answered 403/],
    ["507", ".nar.zst", status(507), /no room/],
  ] as const)(
    "%s in the middle, at %s: the others are published, the next run sends the rest",
    async (...row) => {
      const [, end, answer, word] = row;
      let puts = 0;
      server.intercept = (request, response) => {
        if (request.method !== "PUT" || request.url?.endsWith(end) !== true || ++puts <= 3) return false;
        answer(request, response);
        return true;
      };
      const first = await artifacts(["publish", "--to", server.url]);
      expect(first.code).toBe(1);
      expect(first.stdout).toContain(": 3 published, 0 already there");
      expectSaid(first, word);

      server.intercept = () => false;
      const second = await artifacts(["publish", "--to", server.url]);
      expect(second).toMatchObject({ code: 0, stderr: "" });
      expect(second.stdout).toContain(": 5 published, 3 already there");
    },
  );

  test("a connection that is cut once at each kind of request is no failure", async () => {
    const cut = new Set<string>();
    server.intercept = (request) => {
      const step = `${request.method} ${/\.\w+$/.exec(request.url ?? "")?.[0] ?? ""}`;
      if (cut.has(step)) return false;
      cut.add(step);
      request.socket.destroy();
      return true;
    };
    const ended = await artifacts(["publish", "--to", server.url]);
    expect(ended).toMatchObject({ code: 0, stderr: "" });
    expect([...cut].sort()).toEqual([
      "GET ",
      "GET .narinfo",
      "HEAD .zst",
      "PUT ",
      "PUT .narinfo",
      "PUT .zst",
    ]);
  });

  test.each([2, 9, 13, 16])(
    "killed at its write number %i, the next run sends only the rest",
    async (moment) => {
      let puts = 0;
      const killed = await artifacts(["publish", "--to", server.url], {
        onStart: (child) => {
          server.intercept = (request) => {
            if (request.method !== "PUT" || ++puts !== moment) return false;
            child.kill("SIGKILL");
            return true;
          };
        },
      });
      expect(killed.signal).toBe("SIGKILL");
      const kept = [...server.files].flatMap(([key, text]) =>
        key.endsWith(".narinfo") ? [key, `/${/^URL: (.*)$/m.exec(text.toString())?.[1]}`] : [],
      );
      expect([...server.files.keys()]).toEqual(expect.arrayContaining(kept));

      const sent = new Set(server.files.keys());
      server.requests.length = 0;
      const ended = await artifacts(["publish", "--to", server.url]);
      expect(ended).toMatchObject({ code: 0, stderr: "" });
      const again = server.requests.flatMap((one) => (one.startsWith("PUT ") ? one.slice(4) : []));
      expect(again.filter((key) => sent.has(key))).toEqual([]);
      expect(server.files.size).toBe(1 + 2 * TOOLS.length);
      const verified = await artifacts(["cache", "verify", "--store", server.url]);
      expect(verified).toMatchObject({ code: 0, stdout: `${server.url}: ${TOOLS.length} paths are sound\n` });
    },
  );
});

describe("a bucket", () => {
  const KEYS = { AWS_ACCESS_KEY_ID: "AKIACANARY", AWS_SECRET_ACCESS_KEY: PASSWORD };

  test.each([
    ["that is not there", s3Error(404, "NoSuchBucket"), KEYS, [/NoSuchBucket/, /create the bucket first/]],
    ["for a key that it does not know", s3Error(403, "InvalidAccessKeyId"), KEYS, [/AWS_ACCESS_KEY_ID/]],
    ["for a wrong secret", s3Error(403, "SignatureDoesNotMatch"), KEYS, [/AWS_SECRET_ACCESS_KEY/]],
    ["that this key may not use", s3Error(403, "AccessDenied"), KEYS, [/s3:GetObject and s3:PutObject/]],
    ["without any credentials", status(500), {}, [/there are no credentials for s3:/, /AWS_PROFILE/]],
    [
      "at an address of something else",
      status(200, "<html>Sign in</html>"),
      KEYS,
      [/nix-cache-info without a line StoreDir/],
    ],
  ] as const)("%s: exit code 1, and the fix", async (_, answer, keys, words) => {
    server.intercept = (request, response) => {
      answer(request, response);
      return true;
    };
    const env = { AWS_EC2_METADATA_DISABLED: "true", HOME: "/nonexistent", ...keys };
    const address = `s3://team-cache?endpoint=${server.url}`;
    const ended = await artifacts(["publish", "tool-1", "--to", address], { env });
    expect(ended.code).toBe(1);
    expectSaid(ended, ...words);
  });
});

describe("a directory", () => {
  let cache: string;
  beforeEach(() => {
    cache = mkdtempSync(join(tmpdir(), "cache-"));
  });
  afterEach(() => rmSync(cache, { recursive: true }));

  async function mounted(options: string, use: () => Promise<void>): Promise<void> {
    execFileSync("mount", ["-t", "tmpfs", "-o", options, "tmpfs", cache]);
    try {
      await use();
    } finally {
      execFileSync("umount", [cache]);
    }
  }

  test("that is read-only: exit code 1, and says so", () =>
    mounted("ro", async () => {
      const ended = await artifacts(["publish", "--to", cache]);
      expect(ended.code).toBe(1);
      expectSaid(ended, /EROFS/, /that this user can write/);
    }));

  test("without room: exit code 1, and what is there is whole", () =>
    mounted("size=256k", async () => {
      const ended = await artifacts(["publish", "--to", cache]);
      expect(ended.code).toBe(1);
      expectSaid(ended, /ENOSPC/, /space/);
      const promised = readdirSync(cache).filter((name) => name.endsWith(".narinfo")).length;
      const verified = await artifacts(["cache", "verify", "--store", cache, "--json"]);
      const { sound, errors } = JSON.parse(verified.stdout) as { sound: number; errors: { code: string }[] }; // its documented form
      expect(sound).toBe(promised);
      expect(new Set(errors.map(({ code }) => code))).toEqual(new Set(["CACHE_MISSING"]));
    }));

  test("of another store: exit code 1, and nothing is changed", async () => {
    writeFileSync(join(cache, "nix-cache-info"), "StoreDir: /gnu/store\n");
    const ended = await artifacts(["publish", "--to", cache]);
    expect(ended.code).toBe(1);
    expectSaid(ended, /is for the store \/gnu\/store/, /publish to another address/);
    expect(readdirSync(cache)).toEqual(["nix-cache-info"]);
  });

  test("with a damaged .narinfo and a lost archive: both are sent again, and nothing else", async () => {
    expect(await artifacts(["publish", "--to", cache])).toMatchObject({ code: 0 });
    const [info = "", other = ""] = readdirSync(cache).filter((name) => name.endsWith(".narinfo"));
    truncateSync(join(cache, info), 40);
    const url =
      /^URL: (.*)$/m.exec(execFileSync("cat", [join(cache, other)], { encoding: "utf8" }))?.[1] ?? "";
    rmSync(join(cache, url));
    const ended = await artifacts(["publish", "--to", cache]);
    expect(ended).toMatchObject({ code: 0, stderr: "" });
    expect(ended.stdout).toContain(`: 2 published, ${TOOLS.length - 2} already there`);
  });

  test("two publishers and a garbage collection at once: all end well, and all is there", async () => {
    mkdirSync(join(cache, "nar"));
    expect(await artifacts(["publish", "tool-0", "--to", cache])).toMatchObject({ code: 0 });
    const ended = await Promise.all([
      artifacts(["publish", "--to", cache]),
      artifacts(["publish", "--to", cache]),
      artifacts(["cache", "gc", "--store", cache, "--delete"]),
    ]);
    for (const one of ended) expect(one).toMatchObject({ code: 0, stderr: "" });
    const verified = await artifacts(["cache", "verify", "--store", cache]);
    expect(verified.stdout).toContain(`${TOOLS.length} paths are sound`);
  });
});
