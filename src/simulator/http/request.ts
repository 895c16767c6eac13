import type { IncomingHttpHeaders } from "node:http";

/** A request as it came: nothing decoded, nothing normalised. */
export interface HttpRequest {
  readonly method: string;
  /** Path and query. */
  readonly target: string;
  /** The path alone, percent-encoded. */
  readonly path: string;
  readonly query: URLSearchParams;
  readonly headers: IncomingHttpHeaders;
  /** The body as text; empty when there is none. */
  readonly body: string;
}
