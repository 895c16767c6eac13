import { describe, expect, test } from "vitest";
import { z } from "zod";
import { followed } from "../../src/gitlab/redirect.js";
import { sendJson, sendText, serve } from "./http-server.js";
import { CANARY, canaryFor, connect, failure, readAll } from "./test-client.js";

const HEADERS: readonly (readonly [string, string])[] = [
  ["private-token", CANARY],
  ["job-token", CANARY],
  ["authorization", `Bearer ${CANARY}`],
];

describe("a redirect", () => {
  test.each(HEADERS)("to the storage of another origin carries no %s", async (header, value) => {
    const storage = await serve((_, response) => sendText(response, 200, "application/zip", "bytes"));
    const instance = await serve((_, response) => {
      response.writeHead(302, { location: `${storage.url}/bucket/key?X-Amz-Signature=abc` }).end();
    });
    const gitlab = connect({ credentials: canaryFor(instance.url, header, value) });

    const download = await gitlab.download(`${instance.url}/api/v4/projects/1/jobs/2/artifacts`);

    expect(await readAll(download.body)).toBe("bytes");
    expect(instance.requests.map((request) => request.headers[header])).toEqual([value]);
    expect(storage.requests).toHaveLength(1);
    expect(JSON.stringify(storage.requests[0]?.rawHeaders)).not.toContain("canary");
    expect(storage.requests[0]?.url).toBe("/bucket/key?X-Amz-Signature=abc");
  });

  test("back to the first origin from another one stays bare", async () => {
    const elsewhere = await serve((_, response) => {
      response.writeHead(302, { location: `${instance.url}/api/v4/user` }).end();
    });
    const instance = await serve((request, response) => {
      if (request.url === "/api/v4/user") sendJson(response, {});
      else response.writeHead(302, { location: elsewhere.url }).end();
    });
    const gitlab = connect({ credentials: canaryFor(instance.url) });

    await gitlab.get(instance.url, ["version"], z.object({}));

    expect(instance.requests.map((request) => request.headers["private-token"])).toEqual([CANARY, undefined]);
  });

  test("of a moved project on the same origin keeps the token", async () => {
    const instance = await serve((request, response) => {
      if (request.url === "/api/v4/projects/42") sendJson(response, { id: 42 });
      else response.writeHead(301, { location: "/api/v4/projects/42" }).end();
    });
    const gitlab = connect({ credentials: canaryFor(instance.url) });

    const project = await gitlab.get(instance.url, ["projects", "old/app"], z.object({ id: z.number() }));

    expect(project).toEqual({ id: 42 });
    expect(instance.requests.map((request) => [request.url, request.headers["private-token"]])).toEqual([
      ["/api/v4/projects/old%2Fapp", CANARY],
      ["/api/v4/projects/42", CANARY],
    ]);
  });

  test("to another port is another origin", async () => {
    const neighbour = await serve((_, response) => sendJson(response, {}));
    const instance = await serve((_, response) => {
      response.writeHead(307, { location: `${neighbour.url}/api/v4/version` }).end();
    });
    await connect({ credentials: canaryFor(instance.url) }).get(instance.url, ["version"], z.object({}));
    expect(neighbour.requests[0]?.headers["private-token"]).toBeUndefined();
  });

  test("without end is given up with an error", async () => {
    const instance = await serve((request, response) => {
      response.writeHead(302, { location: `${request.url}x` }).end();
    });
    const error = await failure(
      connect({ credentials: canaryFor(instance.url) }).get(instance.url, ["version"], z.object({})),
    );
    expect(error.code).toBe("GITLAB_BAD_REDIRECT");
    expect(instance.requests).toHaveLength(6);
  });

  test("to the sign-in page is told as such", async () => {
    const instance = await serve((_, response) => {
      response.writeHead(302, { location: "/users/sign_in" }).end();
    });
    const error = await failure(
      connect({ credentials: canaryFor(instance.url) }).get(instance.url, ["version"], z.object({})),
    );
    expect(error.code).toBe("GITLAB_SIGN_IN");
    expect(error.message).toContain("The token from GITLAB_TOKEN was sent.");
    expect(instance.requests).toHaveLength(1);
  });

  test("from https to plain http is refused", () => {
    const first = new URL("https://gitlab.example.com/api/v4/version");
    const asked = { url: first, first, credential: undefined, home: true, bytes: false };
    expect(() => followed(asked, "http://gitlab.example.com/api/v4/version")).toThrow(
      /from https to plain http at gitlab\.example\.com, which is not followed/,
    );
  });

  test.each(["ftp://x/", "file:///etc/passwd", undefined])("to %s is refused", (location) => {
    const first = new URL("https://gitlab.example.com/api/v4/version");
    const asked = { url: first, first, credential: undefined, home: true, bytes: false };
    expect(() => followed(asked, location)).toThrow(/redirects to nowhere/);
  });
});
