/**
 * Plain requests to the simulator: nothing followed, nothing decoded, nothing retried.
 */
import { request as httpRequest, type IncomingHttpHeaders, type IncomingMessage } from "node:http";
import { buffer } from "node:stream/consumers";

export interface Answered {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly bytes: Buffer;
  readonly text: string;
  /** The body as JSON, of the type that the test expects. */
  json<T = unknown>(): T;
}

export interface Asking {
  readonly method?: string;
  readonly headers?: Record<string, string>;
  readonly token?: string | undefined;
}

/** Sends one request; `url` reaches the server as it is written. */
export async function ask(
  url: string,
  { method = "GET", headers = {}, token }: Asking = {},
): Promise<Answered> {
  const { origin } = new URL(url);
  const { hostname, port } = new URL(origin);
  const path = url.slice(origin.length);
  const credential = token === undefined ? {} : { "private-token": token };
  const incoming = await new Promise<IncomingMessage>((resolve, reject) => {
    httpRequest(
      { hostname, port, path, method, headers: { ...credential, ...headers }, agent: false },
      resolve,
    )
      .on("error", reject)
      .end();
  });
  const bytes = await buffer(incoming);
  return {
    status: incoming.statusCode ?? 0,
    headers: incoming.headers,
    bytes,
    text: bytes.toString(),
    json: () => JSON.parse(bytes.toString()),
  };
}
