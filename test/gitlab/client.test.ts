import { once } from "node:events";
import { createServer } from "node:net";
import type { AddressInfo } from "node:net";
import { describe, expect, onTestFinished, test } from "vitest";
import { z } from "zod";
import { ANONYMOUS } from "../../src/credentials/credentials.js";
import type { Retried } from "../../src/gitlab/retry.js";
import { drip, sendJson, sendText, serve } from "./http-server.js";
import { CANARY, canaryFor, connect, failure } from "./test-client.js";

const Version = z.object({ version: z.string() });

describe("a request", () => {
  test("names the route with every segment encoded and sends the query", async () => {
    const server = await serve((_, response) => sendJson(response, { version: "18.0.0" }));
    const gitlab = connect({ credentials: ANONYMOUS });
    await gitlab.get(server.url, ["projects", "g/sub/app", "jobs", 7], Version, {
      ref: "feature/a&b",
      scope: ["failed", "success"],
      left: undefined,
    });
    expect(server.requests[0]?.url).toBe(
      "/api/v4/projects/g%2Fsub%2Fapp/jobs/7?ref=feature%2Fa%26b&scope%5B%5D=failed&scope%5B%5D=success",
    );
  });

  test("keeps the path prefix of an instance", async () => {
    const server = await serve((_, response) => sendJson(response, { version: "18.0.0" }));
    await connect({ credentials: ANONYMOUS }).get(`${server.url}/gitlab`, ["version"], Version);
    expect(server.requests[0]?.url).toBe("/gitlab/api/v4/version");
  });

  test("for a project called .. never leaves the route", async () => {
    const gitlab = connect({ credentials: ANONYMOUS });
    await expect(gitlab.get("http://127.0.0.1:1", ["projects", ".."], Version)).rejects.toThrow(
      '".." cannot be part of a GitLab API path.',
    );
  });

  test("to a host whose credential is refused is not sent", async () => {
    const server = await serve((_, response) => sendJson(response, { version: "18.0.0" }));
    const gitlab = connect({ credentials: { for: () => Promise.reject(new Error("not for this host")) } });
    await expect(gitlab.get(server.url, ["version"], Version)).rejects.toThrow("not for this host");
    expect(server.requests).toHaveLength(0);
  });
});

describe("a transient failure", () => {
  test.each([408, 429, 500, 502, 503, 504])("with status %i is tried again", async (status) => {
    let requests = 0;
    const server = await serve((_, response) => {
      if (++requests === 1) sendText(response, status, "text/html", "<h1>later</h1>");
      else sendJson(response, { version: "18.0.0" });
    });
    const retried: Retried[] = [];
    const gitlab = connect({ credentials: ANONYMOUS, onRetry: (retry) => retried.push(retry) });
    expect(await gitlab.get(server.url, ["version"], Version)).toEqual({ version: "18.0.0" });
    expect(retried.map(({ attempt, error }) => [attempt, error.status])).toEqual([[1, status]]);
  });

  test.each([400, 401, 403, 404, 409])("is not what status %i means: it is asked once", async (status) => {
    const server = await serve((_, response) => sendJson(response, { message: "no" }, { status }));
    const error = await failure(connect({ credentials: ANONYMOUS }).get(server.url, ["version"], Version));
    expect(error.status).toBe(status);
    expect(server.requests).toHaveLength(1);
  });

  test("that stays ends after the attempts with the last error", async () => {
    const server = await serve((_, response) => sendText(response, 502, "text/html", "<h1>Bad gateway</h1>"));
    const error = await failure(connect({ credentials: ANONYMOUS }).get(server.url, ["version"], Version));
    expect(error.code).toBe("GITLAB_UNAVAILABLE");
    expect(error.message).not.toContain("<h1>");
    expect(server.requests).toHaveLength(3);
  });

  test("with a wish for a longer pause than we wait is told at once", async () => {
    const server = await serve((_, response) => {
      sendJson(response, { message: "slow" }, { status: 503, headers: { "retry-after": "86400" } });
    });
    const error = await failure(connect({ credentials: ANONYMOUS }).get(server.url, ["version"], Version));
    expect(error.waitMs).toBe(86_400_000);
    expect(server.requests).toHaveLength(1);
  });

  test("pauses at least as long as Retry-After says", async () => {
    let requests = 0;
    const server = await serve((_, response) => {
      if (++requests > 1) sendJson(response, { version: "18.0.0" });
      else response.writeHead(429, { "retry-after": "1", "content-type": "text/plain" }).end("Retry later\n");
    });
    const retried: Retried[] = [];
    const gitlab = connect({ credentials: ANONYMOUS, onRetry: (retry) => retried.push(retry) });
    await gitlab.get(server.url, ["version"], Version);
    expect(retried.map(({ pauseMs, error }) => [pauseMs, error.code])).toEqual([
      [1000, "GITLAB_RATE_LIMITED"],
    ]);
  });

  test("may be a connection that is cut in the middle of the JSON", async () => {
    let requests = 0;
    const server = await serve((_, response) => {
      if (++requests > 1) return sendJson(response, { version: "18.0.0" });
      response.writeHead(200, { "content-type": "application/json", "content-length": "100" });
      response.write('{"version":', () => response.destroy());
    });
    const gitlab = connect({ credentials: ANONYMOUS });
    expect(await gitlab.get(server.url, ["version"], Version)).toEqual({ version: "18.0.0" });
  });
});

describe("an answer that is none", () => {
  test("may have any size: its beginning is enough", async () => {
    const server = await serve((_, response) => sendText(response, 404, "text/html", "x".repeat(5_000_000)));
    const error = await failure(connect({ credentials: ANONYMOUS }).get(server.url, ["version"], Version));
    expect(error.status).toBe(404);
    expect(error.message.length).toBeLessThan(400);
  });

  test("may be JSON without end: it is given up", async () => {
    const server = await serve((_, response) => {
      response.writeHead(200, { "content-type": "application/json" });
      const more = () => {
        while (response.write(`"${"x".repeat(1_000_000)}",`));
      };
      response.on("drain", more);
      more();
    });
    const error = await failure(connect({ credentials: ANONYMOUS }).get(server.url, ["version"], Version));
    expect(error.message).toContain("answered 200 with more than 33554432 bytes");
  });

  test("HTML in place of JSON names the address and says whether a token was sent", async () => {
    const server = await serve((_, response) => sendText(response, 200, "text/html", "<html>Welcome</html>"));
    const error = await failure(
      connect({ credentials: canaryFor(server.url) }).get(server.url, ["version"], Version),
    );
    expect(error.code).toBe("GITLAB_UNEXPECTED_ANSWER");
    expect(error.message).toBe(
      `${server.url}/api/v4/version answered 200 with no JSON (text/html). The token from GITLAB_TOKEN was sent.`,
    );
  });

  test("the sign-in page with status 200 is recognised", async () => {
    const server = await serve((_, response) => {
      sendText(response, 200, "text/html", '<form id="new_user" action="/users/sign_in">');
    });
    const error = await failure(connect({ credentials: ANONYMOUS }).get(server.url, ["version"], Version));
    expect(error.code).toBe("GITLAB_SIGN_IN");
  });

  test("JSON of another shape names the field", async () => {
    const server = await serve((_, response) => sendJson(response, { version: 18 }));
    const error = await failure(connect({ credentials: ANONYMOUS }).get(server.url, ["version"], Version));
    expect(error.message).toContain("answered 200 with an unexpected shape at version: ");
  });

  test("a closed port is told with the address", async () => {
    const gitlab = connect({ credentials: ANONYMOUS });
    const url = await closedPort();
    const error = await failure(gitlab.get(url, ["version"], Version));
    expect(error.code).toBe("GITLAB_UNREACHABLE");
    expect(error.message).toBe(
      `${url}/api/v4/version gave no answer: nothing listens there (ECONNREFUSED). No token was sent: none is known for ${url}.`,
    );
  });

  test("what does not speak HTTP is told as that, and not asked again", async () => {
    let connections = 0;
    const server = createServer((socket) => {
      connections++;
      socket.on("error", () => {}).end("SSH-2.0-OpenSSH_9.6\r\n");
    });
    await once(server.listen(0, "127.0.0.1"), "listening");
    onTestFinished(() => void server.close());
    const { port } = server.address() as AddressInfo; // listens on TCP
    const url = `http://127.0.0.1:${port}`;
    const error = await failure(connect({ credentials: ANONYMOUS }).get(url, ["version"], Version));
    expect(error.code).toBe("GITLAB_UNREACHABLE");
    expect(error.message).toContain("gave no answer: what answers does not speak HTTP (HPE_EXPECTED_HTTP");
    expect(connections).toBe(1);
  });

  test("an unknown host is told without trying again", async () => {
    const retried: Retried[] = [];
    const gitlab = connect({ credentials: ANONYMOUS, onRetry: (retry) => retried.push(retry) });
    const error = await failure(gitlab.get("https://gitlab.invalid", ["version"], Version));
    expect(["GITLAB_UNREACHABLE"]).toContain(error.code);
    expect(error.message).toContain("host name");
  });

  test("plain http where TLS is expected is a TLS error", async () => {
    const server = await serve((_, response) => sendJson(response, { version: "18.0.0" }));
    const gitlab = connect({ credentials: ANONYMOUS });
    const error = await failure(gitlab.get(server.url.replace("http:", "https:"), ["version"], Version));
    expect(error.code).toBe("GITLAB_TLS");
  });

  test("a body that never pauses and never ends is given up", async () => {
    const server = await serve((_, response) => {
      response.writeHead(200, { "content-type": "application/json" });
      drip(response);
    });
    const gitlab = connect({ credentials: ANONYMOUS, retry: { retries: 0 }, timeouts: { answer: 200 } });
    const error = await failure(gitlab.get(server.url, ["version"], Version));
    expect(error.code).toBe("GITLAB_TIMEOUT");
    expect(error.message).toContain("bytes, then the time for a whole answer was over");
  });

  test("nor is a refusal that never ends waited for, also of a download", async () => {
    const server = await serve((_, response) => {
      response.writeHead(403, { "content-type": "text/plain" });
      drip(response);
    });
    const gitlab = connect({ credentials: ANONYMOUS, timeouts: { answer: 200 } });
    const error = await failure(gitlab.download(`${server.url}/api/v4/projects/1/jobs/2/artifacts`));
    expect(error.status).toBe(403);
  });

  test("headers that never come end in a timeout", async () => {
    const server = await serve(() => {});
    const gitlab = connect({
      credentials: ANONYMOUS,
      timeouts: { headers: 100 },
      retry: { retries: 0 },
    });
    const error = await failure(gitlab.get(server.url, ["version"], Version));
    expect(error.code).toBe("GITLAB_TIMEOUT");
  });

  test.each([
    ["private-token", "c0ffee-no-known-format-canary"],
    ["authorization", "Bearer c0ffee-no-known-format-canary"],
  ])("a server that echoes the token of %s does not bring it into the message", async (header, value) => {
    const server = await serve((request, response) => {
      const token = String(request.headers[header]).replace("Bearer ", "");
      sendJson(response, { message: `you sent ${token}` }, { status: 400 });
    });
    const credentials = canaryFor(server.url, header, value);
    const error = await failure(connect({ credentials }).get(server.url, ["version"], Version));
    expect(error.message).toContain('"you sent [secret]"');
  });
});

test("the token is asked for with every request", async () => {
  const server = await serve((_, response) => sendJson(response, { version: "18.0.0" }));
  let asked = 0;
  const gitlab = connect({
    credentials: {
      for: () => Promise.resolve({ headers: { "private-token": `${CANARY}${++asked}` }, source: "test" }),
    },
  });
  await gitlab.get(server.url, ["version"], Version);
  await gitlab.get(server.url, ["version"], Version);
  expect(server.requests.map((request) => request.headers["private-token"])).toEqual([
    `${CANARY}1`,
    `${CANARY}2`,
  ]);
});

async function closedPort(): Promise<string> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo; // a TCP server has an address with a port
  await new Promise((resolve) => server.close(resolve));
  return `http://127.0.0.1:${port}`;
}
