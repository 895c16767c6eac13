/**
 * The object storage: a second origin that serves what it is given under presigned URLs, as S3 does. It refuses requests
 * that carry another credential, and records credentials that were sent to it.
 *
 * Presigned URLs: AWS Signature Version 4 with query parameters. The names are S3's; what is signed is simplified.
 */
import { createHash, createHmac, timingSafeEqual } from "node:crypto";
import type { Content } from "../archive/content.js";
import type { Knobs } from "../knobs.js";
import type { Clock, State } from "../state/state.js";
import { TOKEN_HEADERS, TOKEN_PARAMETERS, secretIn } from "./credentials.js";
import { answerOf, bodyFaultOf, type Faults } from "./faults.js";
import { serveContent } from "./ranges.js";
import { xmlError, type Reply } from "./reply.js";
import type { Leak, RecordedRequest } from "./recording.js";
import type { Answer } from "./answer.js";
import type { HttpRequest } from "./request.js";
import { serve, type RunningServer, type ServerOptions } from "./server.js";

export interface StorageContext {
  readonly state: State;
  readonly knobs: Knobs;
  readonly now: Clock;
  readonly faults: Faults;
}

interface StoredObject {
  readonly content: Content;
  readonly lastModified: Date;
}

const SECRET_KEY = "simulated-secret-key";

export class Storage {
  readonly requests: RecordedRequest[] = [];
  readonly leaks: Leak[] = [];
  readonly #context: StorageContext;
  readonly #objects = new Map<string, StoredObject>();
  #server: RunningServer | undefined;

  constructor(context: StorageContext) {
    this.#context = context;
  }

  async start(options: ServerOptions): Promise<void> {
    this.#server = await serve((request) => Promise.resolve(this.#answer(request)), options);
  }

  async close(): Promise<void> {
    await this.#server?.close();
  }

  get url(): string {
    if (this.#server === undefined) throw new Error("The storage has not been started");
    return this.#server.url;
  }

  put(key: string, object: StoredObject): void {
    this.#objects.set(key, object);
  }

  /** A URL at which `method`, and no other, reads the object until the URL expires. */
  presign(method: "GET" | "HEAD", key: string): URL {
    const date = this.#context
      .now()
      .toISOString()
      .replaceAll(/[-:]|\.\d+/g, "");
    const url = new URL(key, this.url);
    url.search = new URLSearchParams({
      "X-Amz-Algorithm": "AWS4-HMAC-SHA256",
      "X-Amz-Credential": `AKIASIMULATOR/${date.slice(0, 8)}/us-east-1/s3/aws4_request`,
      "X-Amz-Date": date,
      "X-Amz-Expires": String(this.#context.knobs.presignTtlSeconds),
      "X-Amz-SignedHeaders": "host",
    }).toString();
    url.searchParams.set("X-Amz-Signature", signature(method, url.pathname, url.searchParams));
    return url;
  }

  #answer(request: HttpRequest): Answer {
    const { faults, now } = this.#context;
    this.#recordLeaks(request);
    const fault = faults.take("storage", request);
    const reply = (fault && answerOf(fault, request, now())) ?? this.#read(request);
    const { method, target: path, headers } = request;
    this.requests.push({ method, path, token: undefined, status: reply.status, headers });
    return {
      reply: { ...reply, headers: { Server: "AmazonS3", ...reply.headers } },
      fault: bodyFaultOf(fault),
    };
  }

  #recordLeaks({ method, target: path, headers, query }: HttpRequest): void {
    const sent = [
      ...TOKEN_HEADERS.map((header) => [header, headers[header]] as const),
      ...TOKEN_PARAMETERS.map((name) => [`?${name}`, query.get(name) ?? undefined] as const),
    ];
    for (const [header, value] of sent) {
      if (value === undefined) continue;
      this.leaks.push({ method, path, header, token: this.#nameOf(header, String(value)) });
    }
  }

  #nameOf(header: string, value: string): string | undefined {
    return this.#context.state.tokens.get(secretIn(header, value))?.name;
  }

  #read(request: HttpRequest): Reply {
    const { authorization } = request.headers;
    if (authorization !== undefined)
      return xmlError(
        400,
        "InvalidArgument",
        "Only one auth mechanism allowed; only the X-Amz-Algorithm query parameter, Signature query string parameter or the Authorization header should be specified",
        { ArgumentName: "Authorization", ArgumentValue: authorization },
      );
    const refused = this.#checkSignature(request);
    if (refused !== undefined) return refused;
    const object = this.#objects.get(request.path);
    if (object === undefined) return xmlError(404, "NoSuchKey", "The specified key does not exist.");
    return serveContent(request.headers, {
      ...object,
      etag: `"${createHash("md5").update(request.path).digest("hex")}-1"`,
      headers: { "Content-Type": "application/octet-stream" },
    });
  }

  #checkSignature({ method, path, query }: HttpRequest): Reply | undefined {
    const given = query.get("X-Amz-Signature");
    if (given === null) return xmlError(403, "AccessDenied", "Access Denied");
    const signed = new URLSearchParams(query);
    signed.delete("X-Amz-Signature");
    if (!sameText(given, signature(method, path, signed)))
      return xmlError(
        403,
        "SignatureDoesNotMatch",
        "The request signature we calculated does not match the signature you provided. Check your key and signing method.",
      );
    const signedAt = Date.parse(
      (signed.get("X-Amz-Date") ?? "").replace(
        /^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/,
        "$1-$2-$3T$4:$5:$6Z",
      ),
    );
    const lifetime = Number(signed.get("X-Amz-Expires")) * 1000;
    if (this.#context.now().getTime() < signedAt + lifetime) return undefined;
    return xmlError(403, "AccessDenied", "Request has expired");
  }
}

function signature(method: string, path: string, query: URLSearchParams): string {
  return createHmac("sha256", SECRET_KEY).update(`${method}\n${path}\n${query.toString()}`).digest("hex");
}

function sameText(left: string, right: string): boolean {
  const [a, b] = [Buffer.from(left), Buffer.from(right)];
  return a.length === b.length && timingSafeEqual(a, b);
}
