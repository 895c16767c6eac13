import { Readable } from "node:stream";
import { setTimeout as delay } from "node:timers/promises";
import { describe, expect, test } from "vitest";
import { ANONYMOUS } from "../../src/credentials/credentials.js";
import type { Answer } from "../../src/gitlab/exchange.js";
import { receive } from "../../src/gitlab/receive.js";
import { drip, sendText, serve } from "./http-server.js";
import { canaryFor, connect, failure, readAll } from "./test-client.js";

const ARCHIVE = "/api/v4/projects/1/jobs/2/artifacts";

describe("a download", () => {
  test("gives the declared size and the bytes as they are", async () => {
    const server = await serve((_, response) => {
      response.writeHead(200, { "content-type": "application/zip", "content-length": "5" }).end("bytes");
    });
    const download = await connect({ credentials: ANONYMOUS }).download(`${server.url}${ARCHIVE}`);
    expect(download.size).toBe(5);
    expect(await readAll(download.body)).toBe("bytes");
    expect(server.requests[0]?.headers["accept-encoding"]).toBe("identity");
  });

  test("of an empty file is empty", async () => {
    const server = await serve((_, response) => response.writeHead(200, { "content-length": "0" }).end());
    const download = await connect({ credentials: ANONYMOUS }).download(`${server.url}${ARCHIVE}/empty`);
    expect(download.size).toBe(0);
    expect(await readAll(download.body)).toBe("");
  });

  test("without a declared length has no size", async () => {
    const server = await serve((_, response) => {
      response.writeHead(200, { "content-type": "application/zip" });
      response.write("by");
      response.end("tes");
    });
    const download = await connect({ credentials: ANONYMOUS }).download(`${server.url}${ARCHIVE}`);
    expect(download.size).toBeUndefined();
    expect(await readAll(download.body)).toBe("bytes");
  });

  test("that breaks off after its beginning fails, and is not tried again", async () => {
    const server = await serve((_, response) => {
      response.writeHead(200, { "content-length": "10" });
      response.write("four", () => setImmediate(() => response.destroy()));
    });
    const download = await connect({ credentials: ANONYMOUS }).download(`${server.url}${ARCHIVE}`);
    const error = await failure(readAll(download.body));
    expect(error.code).toBe("GITLAB_TRUNCATED");
    expect(error.message).toContain("sent 4 of 10 bytes, then ");
    expect(server.requests).toHaveLength(1);
  });

  test("that breaks off before its first byte is tried again", async () => {
    let requests = 0;
    const server = await serve((_, response) => {
      if (++requests > 1) return void response.end("bytes");
      response.writeHead(200, { "content-length": "10" });
      response.flushHeaders();
      setImmediate(() => response.destroy());
    });
    const download = await connect({ credentials: ANONYMOUS }).download(`${server.url}${ARCHIVE}`);
    expect(await readAll(download.body)).toBe("bytes");
    expect(server.requests).toHaveLength(2);
  });

  test("that stalls fails with a timeout", async () => {
    const server = await serve((_, response) => {
      response.writeHead(200, { "content-length": "10" });
      response.write("four");
    });
    const gitlab = connect({ credentials: ANONYMOUS, timeouts: { stall: 200 } });
    const download = await gitlab.download(`${server.url}${ARCHIVE}`);
    const error = await failure(readAll(download.body));
    expect(error.code).toBe("GITLAB_TIMEOUT");
  });

  test("that brings a byte now and then is given up, and the rest asked for again", async () => {
    const server = await serve((_, response) => {
      response.writeHead(200, { "content-length": "1000" });
      drip(response);
    });
    const gitlab = connect({ credentials: ANONYMOUS, timeouts: { pace: 200 } });
    const download = await gitlab.download(`${server.url}${ARCHIVE}`, { verified: true });
    const error = await failure(readAll(download.body));
    expect(error.code).toBe("GITLAB_TIMEOUT");
    expect(error.message).toContain("bytes, then the rest came too slowly to wait for");
    expect(server.requests).toHaveLength(3);
  });

  test("whose reader takes its time is none that comes slowly", async () => {
    const server = await serve((_, response) => {
      response.writeHead(200, { "content-length": "20" });
      response.write("first part");
      setTimeout(() => response.end("other part"), 100);
    });
    const gitlab = connect({ credentials: ANONYMOUS, timeouts: { pace: 1000 } });
    const download = await gitlab.download(`${server.url}${ARCHIVE}`);
    const parts: string[] = [];
    for await (const part of download.body) {
      parts.push(part.toString());
      if (parts.length === 1) await delay(1200);
    }
    expect(parts).toHaveLength(2);
  });

  test("answered with a page in place of the archive fails", async () => {
    const server = await serve((_, response) => sendText(response, 200, "text/html", "<html>Sign in</html>"));
    const error = await failure(connect({ credentials: ANONYMOUS }).download(`${server.url}${ARCHIVE}`));
    expect(error.code).toBe("GITLAB_SIGN_IN");
  });

  test("of an HTML file may be HTML", async () => {
    const server = await serve((_, response) => sendText(response, 200, "text/html", "<html>"));
    const gitlab = connect({ credentials: ANONYMOUS });
    const download = await gitlab.download(`${server.url}${ARCHIVE}/report/index.html`);
    expect(await readAll(download.body)).toBe("<html>");
  });

  test("in a content encoding that nobody asked for is refused", async () => {
    const server = await serve((_, response) => {
      response.writeHead(200, { "content-encoding": "gzip" }).end("zzz");
    });
    const error = await failure(connect({ credentials: ANONYMOUS }).download(`${server.url}${ARCHIVE}`));
    expect(error.message).toContain('in the encoding "gzip"');
  });

  test("that the storage refuses tells the storage's words and that the token stayed home", async () => {
    const storage = await serve((_, response) => {
      const xml =
        '<?xml version="1.0" encoding="UTF-8"?>\n<Error><Code>AccessDenied</Code><Message>Request has expired</Message></Error>';
      sendText(response, 403, "application/xml", xml);
    });
    const instance = await serve((_, response) => {
      response.writeHead(302, { location: `${storage.url}/key?X-Amz-Signature=canary` }).end();
    });
    const gitlab = connect({ credentials: canaryFor(instance.url) });
    const error = await failure(gitlab.download(`${instance.url}${ARCHIVE}`));
    expect(error.code).toBe("GITLAB_STORAGE_REFUSED");
    expect(error.message).toContain(`${storage.url}/key answered 403 "AccessDenied: Request has expired"`);
    expect(error.message).toContain(
      `No token was sent there; the token from GITLAB_TOKEN was sent to ${instance.url} only.`,
    );
  });

  test("can be given up in the middle", async () => {
    let closed = false;
    const server = await serve((_, response) => {
      response.on("close", () => (closed = true));
      response.writeHead(200, { "content-length": "10000000" });
      response.write(Buffer.alloc(1000));
    });
    const download = await connect({ credentials: ANONYMOUS }).download(`${server.url}${ARCHIVE}`);
    download.destroy();
    await expect.poll(() => closed).toBe(true);
  });

  test("ends when its reader stops at the first part", async () => {
    let closed = false;
    const server = await serve((_, response) => {
      response.on("close", () => (closed = true));
      response.writeHead(200, { "content-length": "10000000" });
      response.write(Buffer.alloc(1000));
    });
    const download = await connect({ credentials: ANONYMOUS }).download(`${server.url}${ARCHIVE}`);
    for await (const chunk of download.body) {
      expect(chunk.length).toBeGreaterThan(0);
      break;
    }
    await expect.poll(() => closed).toBe(true);
  });

  test.each([
    ["shorter", 9, "sent 5 of 9 bytes"],
    ["longer", 3, "sent 5 of 3 bytes"],
  ])(
    "that is %s than declared fails, even if the connection does not notice",
    async (_, declared, message) => {
      const url = new URL(`https://gitlab.example.com${ARCHIVE}`);
      const answer: Answer = {
        asked: { url, first: url, credential: undefined, home: true, bytes: false },
        status: 200,
        header: (name) => (name === "content-length" ? String(declared) : undefined),
        body: Readable.from([Buffer.from("bytes")]) as Answer["body"], // the part of undici's body that is used
      };
      const error = await failure(receive(answer, { paceMs: 1000 }).then(({ body }) => readAll(body)));
      expect(error.code).toBe("GITLAB_TRUNCATED");
      expect(error.message).toContain(message);
    },
  );

  test("ends with the reason of its signal", async () => {
    const server = await serve((_, response) => {
      response.writeHead(200, { "content-length": "10" });
      response.write("four");
    });
    const abort = new AbortController();
    const gitlab = connect({ credentials: ANONYMOUS });
    const download = await gitlab.download(`${server.url}${ARCHIVE}`, { signal: abort.signal });
    const reading = readAll(download.body);
    abort.abort(new Error("interrupted"));
    await expect(reading).rejects.toThrow("interrupted");
  });

  test("from an address that is none fails with the address", async () => {
    const gitlab = connect({ credentials: ANONYMOUS });
    await expect(gitlab.download("file:///etc/passwd")).rejects.toThrow(
      'Expected an http(s) URL to download from, got "file:///etc/passwd".',
    );
  });
});
