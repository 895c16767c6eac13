import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { z } from "zod";
import { ANONYMOUS, type Credentials } from "../../src/credentials/credentials.js";
import { artifactUrl } from "../../src/gitlab/artifact-url.js";
import { type EmbeddedGitLab, startGitLab } from "../../src/simulator/simulator.js";
import { CANARY, canaryFor, connect, failure } from "./test-client.js";

let instance: EmbeddedGitLab;
let projectId: number;
let job: number;

beforeEach(async () => {
  instance = await startGitLab();
  instance.addToken({ token: CANARY, kind: "personal" });
  projectId = instance.addProject({ path: "g/app" }).id;
  const pipeline = instance.addPipeline("g/app", { ref: "main" }).id;
  job = instance.addJob("g/app", pipeline, { name: "build", artifacts: { files: { app: "bytes" } } }).id;
});

afterEach(() => instance.close());

function get(path: readonly (string | number)[], credentials: Credentials = canaryFor(instance.url)) {
  return failure(connect({ credentials }).get(instance.url, path, z.unknown()));
}

function download(file: string | undefined, credentials: Credentials = canaryFor(instance.url)) {
  return failure(
    connect({ credentials }).download(artifactUrl({ instance: instance.url, projectId, job }, file)),
  );
}

describe("without a token", () => {
  test("a private project is not found, and the way to a token is told", async () => {
    const error = await get(["projects", "g/app"], ANONYMOUS);
    expect(error.code).toBe("GITLAB_PROJECT_NOT_FOUND");
    expect(error.message).toBe(
      `${instance.url}/api/v4/projects/g%2Fapp answered 404 "404 Project Not Found": ` +
        `there is no such project, or this caller may not see it. No token was sent: none is known for ${instance.url}.`,
    );
    expect(error.hint).toBe(
      `set GITLAB_TOKEN to a token with the scope read_api, and GITLAB_HOST=${instance.url}`,
    );
  });

  test("what needs one says so", async () => {
    const error = await get(["user"], ANONYMOUS);
    expect(error.code).toBe("GITLAB_UNAUTHORIZED");
    expect(error.message).toContain("GitLab wants a token. No token was sent");
  });
});

describe("with a token", () => {
  test.each([
    ["GITLAB_UNAUTHORIZED", "glpat-canary-unknown", "GitLab does not know the token"],
    ["GITLAB_TOKEN_EXPIRED", "glpat-canary-expired", "the token has expired"],
    ["GITLAB_TOKEN_REVOKED", "glpat-canary-revoked", "the token was revoked"],
  ])("401 is told apart: %s", async (code, token, meaning) => {
    instance.addToken({ token: "glpat-canary-expired", kind: "personal", expiresAt: "2020-01-01T00:00:00Z" });
    instance.addToken({ token: "glpat-canary-revoked", kind: "personal", revoked: true });
    const error = await get(["projects", "g/app"], canaryFor(instance.url, "private-token", token));
    expect(error.code).toBe(code);
    expect(error.message).toContain(`${meaning}. The token from GITLAB_TOKEN was sent.`);
  });

  test("of a job that may not read the project is told where that is allowed", async () => {
    instance.addProject({ path: "g/other" });
    const pipeline = instance.addPipeline("g/other", { ref: "main", status: "running" }).id;
    const { id } = instance.addJob("g/other", pipeline, { name: "lock", status: "running" });
    const credentials = canaryFor(instance.url, "job-token", instance.issueJobToken(id));
    const error = await download(undefined, credentials);
    expect(error.code).toBe("GITLAB_FORBIDDEN");
    expect(error.message).toContain("job token not allowed from other to app");
    expect(error.hint).toContain("Job token permissions");
  });

  test("that lacks the scope says which one is needed", async () => {
    instance.addToken({ token: "glpat-canary-narrow", kind: "personal", scopes: ["read_repository"] });
    const error = await get(
      ["projects", "g/app"],
      canaryFor(instance.url, "private-token", "glpat-canary-narrow"),
    );
    expect(error.code).toBe("GITLAB_INSUFFICIENT_SCOPE");
    expect(error.hint).toContain("read_api");
  });

  test("of a member who may not download says who needs to be what", async () => {
    instance.addToken({ token: "glpat-canary-guest", kind: "personal", role: "guest" });
    const pipeline = instance.addPipeline("g/app", { ref: "main" }).id;
    const artifacts = { files: { app: "bytes" }, access: "developer" } as const;
    job = instance.addJob("g/app", pipeline, { name: "build", artifacts }).id;
    const error = await download(undefined, canaryFor(instance.url, "private-token", "glpat-canary-guest"));
    expect(error.code).toBe("GITLAB_FORBIDDEN");
    expect(error.hint).toContain("member");
  });

  test("a missing record, archive, file and route are four different things", async () => {
    const codes = [
      await get(["projects", "g/app", "pipelines", 999_999]),
      await get(["projects", "g/app", "no-such-thing"]),
      await download("no/such/file"),
    ].map(({ code }) => code);
    instance.erase(job);
    codes.push((await download(undefined)).code);
    expect(codes).toEqual([
      "GITLAB_NOT_FOUND",
      "GITLAB_UNKNOWN_ROUTE",
      "GITLAB_FILE_NOT_FOUND",
      "GITLAB_ARTIFACTS_NOT_FOUND",
    ]);
  });
});

describe("a server in trouble", () => {
  test.each(["rack", "application", "edge"] as const)(
    "a rate limit of the %s shape is one",
    async (shape) => {
      instance.fault({ path: /./, kind: "rate-limited", shape, retryAfter: 0 });
      const error = await get(["projects", "g/app"]);
      expect(error.code).toBe("GITLAB_RATE_LIMITED");
      expect(error.transient).toBe(true);
      expect(error.message).not.toContain("<");
    },
  );

  test("a storage that denies is told with its words, and no signature", async () => {
    instance.fault({ path: "/artifacts", kind: "denied", on: "api" });
    const error = await download(undefined);
    expect(error.code).toBe("GITLAB_STORAGE_REFUSED");
    expect(error.message).not.toMatch(/X-Amz|<Error>/);
  });

  test("one that repeats the request's headers does not bring the token into the message", async () => {
    instance.fault({ path: /./, kind: "echo-headers", status: 400 });
    const error = await get(["projects", "g/app"], canaryFor(instance.url, "private-token", CANARY));
    expect(error.code).toBe("GITLAB_BAD_REQUEST");
    expect(error.message.length).toBeLessThan(500);
  });

  test.each(["sign-in", "html"] as const)("one that answers with a page (%s) is told", async (kind) => {
    instance.fault({ path: /./, kind });
    const error = await get(["projects", "g/app"]);
    expect(error.code).toBe(kind === "sign-in" ? "GITLAB_SIGN_IN" : "GITLAB_UNEXPECTED_ANSWER");
  });

  test("one that leaves fields out names the field", async () => {
    instance.fault({ path: /./, kind: "fields", remove: ["path_with_namespace"] });
    const gitlab = connect({ credentials: canaryFor(instance.url) });
    const shape = z.object({ path_with_namespace: z.string() });
    const error = await failure(gitlab.get(instance.url, ["projects", "g/app"], shape));
    expect(error.message).toContain("at path_with_namespace:");
  });
});
