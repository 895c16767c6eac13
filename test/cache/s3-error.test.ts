import { once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { openCache } from "../../src/cache/open-cache.js";

const TOKEN = "web-identity-canary";

let answer: (response: ServerResponse) => unknown;
let server: Server;
let url: string;
let home: string;
beforeEach(async () => {
  server = createServer((request, response) => {
    request.resume().once("end", () => answer(response));
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`; // listens on TCP
  home = mkdtempSync(join(tmpdir(), "home-"));
  // The SDK itself reads the environment and the home of the process.
  vi.stubEnv("AWS_EC2_METADATA_DISABLED", "true");
  vi.stubEnv("AWS_CONFIG_FILE", join(home, "config"));
  vi.stubEnv("AWS_SHARED_CREDENTIALS_FILE", join(home, "credentials"));
  vi.stubEnv("AWS_PROFILE", undefined);
  vi.stubEnv("AWS_MAX_ATTEMPTS", "1");
});
afterEach(() => {
  server.closeAllConnections();
  server.close();
  rmSync(home, { recursive: true });
});

function withKeys(): void {
  vi.stubEnv("AWS_ACCESS_KEY_ID", "AKANY");
  vi.stubEnv("AWS_SECRET_ACCESS_KEY", "any");
}

function withRole(tokenFile: string): void {
  for (const name of ["AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"]) vi.stubEnv(name, undefined);
  vi.stubEnv("AWS_ROLE_ARN", "arn:aws:iam::123456789012:role/publisher");
  vi.stubEnv("AWS_WEB_IDENTITY_TOKEN_FILE", tokenFile);
  vi.stubEnv("AWS_ENDPOINT_URL_STS", url);
}

async function failure(parameters = ""): Promise<unknown> {
  const cache = await openCache(`s3://team-cache?endpoint=${url}${parameters}`, { cwd: "/", env: {} });
  const reading = cache.readText("nix-cache-info");
  return reading
    .then(
      () => "no error",
      (error: unknown) => error,
    )
    .finally(() => cache.close());
}

test("an answer that breaks off is one that may pass", async () => {
  withKeys();
  answer = (response) => {
    response.writeHead(200, { "content-length": 100 }).write("StoreDir:", () => response.destroy());
  };
  expect(await failure()).toMatchObject({ code: "CACHE_UNREACHABLE", transient: true });
});

test("a web page in place of S3 is named as such", async () => {
  withKeys();
  answer = (response) => response.writeHead(502, { "content-type": "text/html" }).end("<html><p>sorry");
  expect(await failure()).toMatchObject({
    code: "CACHE_REFUSED",
    message: expect.stringContaining("s3://team-cache"),
    hint: expect.stringContaining("endpoint"),
  });
});

test("a web identity whose token is not there is told by its file", async () => {
  withRole(join(home, "absent"));
  expect(await failure()).toMatchObject({
    code: "CACHE_NO_CREDENTIALS",
    message: expect.stringContaining(join(home, "absent")),
    hint: expect.stringContaining("AWS_WEB_IDENTITY_TOKEN_FILE"),
  });
});

test("a profile that is not there is named, and the SDK adds nothing of its own", async () => {
  withKeys();
  const warn = vi.spyOn(console, "warn");
  expect(await failure("&profile=team")).toMatchObject({
    code: "CACHE_NO_CREDENTIALS",
    message: expect.stringContaining("no credentials for s3://team-cache in the profile team"),
    hint: expect.stringContaining("~/.aws/credentials"),
  });
  expect(warn).not.toHaveBeenCalled();
});

test("a role that is refused is told with what AWS said, and without the token", async () => {
  writeFileSync(join(home, "token"), TOKEN);
  withRole(join(home, "token"));
  const said = "<Error><Code>InvalidIdentityToken</Code><Message>Incorrect token audience</Message></Error>";
  answer = (response) =>
    response.writeHead(400, { "content-type": "text/xml" }).end(`<ErrorResponse>${said}</ErrorResponse>`);
  const error = await failure();
  expect(error).toMatchObject({
    code: "CACHE_ROLE_REFUSED",
    message: expect.stringMatching(/400 InvalidIdentityToken\w*: Incorrect token audience/),
    hint: expect.stringContaining("AWS_ROLE_ARN"),
  });
  expect(JSON.stringify(error)).not.toContain(TOKEN);
});
