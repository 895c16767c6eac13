/**
 * What the simulator remembers about the requests that it got, for tests to look at. It is kept in memory only.
 */
import type { IncomingHttpHeaders } from "node:http";

export interface RecordedRequest {
  readonly method: string;
  /** Path and query, as sent. */
  readonly path: string;
  /** The credential that came with it; `name` is undefined when the simulator does not know the token. */
  readonly token: { readonly header: string; readonly name: string | undefined } | undefined;
  /** Undefined while there is no answer, and when the connection was cut before one. */
  readonly status: number | undefined;
  readonly headers: IncomingHttpHeaders;
}

/** A credential that reached the object storage, where none belongs. */
export interface Leak {
  readonly method: string;
  /** Path and query, as sent. */
  readonly path: string;
  /** Name of the header, or of the query parameter with `?` before it. */
  readonly header: string;
  /** Name of the token, undefined when the simulator does not know it. */
  readonly token: string | undefined;
}
