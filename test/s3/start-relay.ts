/** A relay in front of an S3 server: everything passes as it is, but a test may answer, wait or cut, and what is there can be made old. */
import { once } from "node:events";
import { createServer, type IncomingMessage, request as send, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { text } from "node:stream/consumers";
import { setTimeout } from "node:timers/promises";

/** Before a request is passed on: true when it has been answered, or will never be. */
type Intercept = (request: IncomingMessage, response: ServerResponse) => boolean | Promise<boolean>;

export interface Relay {
  readonly url: string;
  /** `METHOD /path`, without the query, in the order in which they came. */
  readonly requests: string[];
  intercept: Intercept;
  /** From now on, what was written until now was written a hundred days before. */
  age(): Promise<void>;
  close(): void;
}

const AGE_MS = 100 * 24 * 3600 * 1000;

export async function startRelay(target: string): Promise<Relay> {
  let agedUntil = 0;
  const older = (time: string) => {
    const written = new Date(time);
    return written.getTime() < agedUntil ? new Date(written.getTime() - AGE_MS) : written;
  };
  const server = createServer((request, response) => {
    relay.requests.push(`${request.method} ${(request.url ?? "").replace(/\?.*/, "")}`);
    void (async () => {
      if (await relay.intercept(request, response)) return;
      pass(request, response, { target, older });
    })();
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const relay: Relay = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, // listens on TCP
    requests: [],
    intercept: () => false,
    async age() {
      await setTimeout(1000 - (Date.now() % 1000)); // the times of S3 have no milliseconds
      agedUntil = Date.now();
    },
    close() {
      server.close();
      server.closeAllConnections();
    },
  };
  return relay;
}

interface Passing {
  readonly target: string;
  readonly older: (time: string) => Date;
}

/** The signature is about the host that the client named, so that stays. */
function pass(request: IncomingMessage, response: ServerResponse, { target, older }: Passing): void {
  const { method, url, headers } = request;
  const passed = send(new URL(url ?? "/", target), { method, headers }, (answer) => {
    const heads = { ...answer.headers };
    const modified = heads["last-modified"];
    if (modified !== undefined) heads["last-modified"] = older(modified).toUTCString();
    const isList = url?.includes("list-type=2") === true && answer.statusCode === 200;
    if (!isList) {
      response.writeHead(answer.statusCode ?? 502, heads);
      answer.pipe(response);
      return;
    }
    const sendAged = (listing: string) => {
      const aged = listing.replace(
        /<LastModified>(.*?)<\/LastModified>/g,
        (_, time: string) => `<LastModified>${older(time).toISOString()}</LastModified>`,
      );
      delete heads["transfer-encoding"];
      response.writeHead(200, { ...heads, "content-length": Buffer.byteLength(aged) }).end(aged);
    };
    text(answer).then(sendAged, () => response.destroy()); // the server may end before its list does
  });
  passed.on("error", () => response.destroy());
  request.on("close", () => {
    if (!request.complete) passed.destroy();
  });
  request.pipe(passed);
}
