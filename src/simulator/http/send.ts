/**
 * Puts a reply on the wire, or as much of it as the fault lets through.
 */
import { createHash } from "node:crypto";
import { request as httpRequest, type IncomingMessage, type ServerResponse } from "node:http";
import { request as httpsRequest } from "node:https";
import type { Socket } from "node:net";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import type { BodyFault } from "./faults.js";
import { noneMatchHolds } from "./ranges.js";
import { text, type Body, type Reply } from "./reply.js";
import type { Answer } from "./answer.js";
import type { HttpRequest } from "./request.js";

/** Sends the answer and resolves when it is out, or when the client has gone. */
export async function send(request: HttpRequest, response: ServerResponse, answer: Answer): Promise<void> {
  const { fault } = answer;
  if (fault?.kind === "reset" && fault.afterBytes === undefined) {
    response.socket?.resetAndDestroy();
    return;
  }
  if (fault?.kind === "silent") return;
  if (fault?.kind === "slow-headers") {
    trickleHeaders(response.socket);
    return;
  }
  const { status, headers, size, pieces } = await outgoing(request, answer.reply);
  response.writeHead(status, {
    ...onTheWire(headers),
    ...(hasNoBody(status)
      ? {}
      : { "Content-Length": fault?.kind === "over-long" ? Math.floor(size / 2) : size }),
  });
  if (request.method === "HEAD" || hasNoBody(status)) {
    response.end();
    return;
  }
  try {
    await pipeline(Readable.from(spoiled(pieces, size, fault)), response, { end: false });
    finish(response, fault);
  } catch {
    response.destroy();
  }
}

const TRICKLE_MS = 50;

function trickleHeaders(socket: Socket | null): void {
  socket?.write("HTTP/1.1 200 OK\r\n");
  const timer = setInterval(() => socket?.write("X-Patience: more\r\n"), TRICKLE_MS);
  socket?.on("close", () => clearInterval(timer));
}

interface Outgoing {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly size: number;
  readonly pieces: Iterable<Uint8Array> | AsyncIterable<Uint8Array>;
}

async function outgoing(request: HttpRequest, reply: Reply): Promise<Outgoing> {
  const { body } = reply;
  if (body.kind === "forward") return forwarded(request, reply, body.url);
  if (body.kind === "content") {
    const { content, start, end } = body;
    return { ...reply, size: end - start, pieces: content.read(start, end) };
  }
  const bytes = Buffer.from(textOf(body));
  const tagged = body.kind === "json" && reply.status === 200 ? withWeakTag(request, reply, bytes) : reply;
  return { ...tagged, size: bytes.length, pieces: [bytes] };
}

function textOf(body: Exclude<Body, { kind: "content" | "forward" }>): string {
  return body.kind === "json" ? JSON.stringify(body.value) : body.text;
}

/** Rails gives every JSON answer a weak tag and answers 304 to it. */
function withWeakTag(request: HttpRequest, reply: Reply, bytes: Buffer): Reply {
  const etag = `W/"${createHash("md5").update(bytes).digest("hex")}"`;
  const headers = { ...reply.headers, ETag: etag, "Cache-Control": "max-age=0, private, must-revalidate" };
  return { ...reply, headers, status: noneMatchHolds(request.headers["if-none-match"], etag) ? 304 : 200 };
}

/** Headers of the client's request that Workhorse passes on to the storage. */
const FORWARDED = [
  "range",
  "if-range",
  "if-match",
  "if-none-match",
  "if-modified-since",
  "if-unmodified-since",
] as const;
/** Headers of the storage's answer that Workhorse keeps to itself. */
const DROPPED = new Set([
  "cache-control",
  "expires",
  "date",
  "pragma",
  "connection",
  "keep-alive",
  "content-length",
]);

/** Workhorse's `send-url`: a GET of the storage, whatever the client's method, streamed through. */
async function forwarded(request: HttpRequest, reply: Reply, url: string): Promise<Outgoing> {
  const wanted = Object.fromEntries(
    FORWARDED.flatMap((name) => {
      const value = request.headers[name];
      return value === undefined ? [] : [[name, String(value)]];
    }),
  );
  const upstream = await get(url, wanted).catch(() => undefined);
  if (upstream === undefined) {
    const failed = text(500, "Internal Server Error\n");
    return { ...failed, size: 22, pieces: [Buffer.from("Internal Server Error\n")] };
  }
  if (request.method === "HEAD") upstream.destroy();
  const kept = Object.entries(upstream.headers).filter(([name]) => !DROPPED.has(name));
  const upstreamHeaders = Object.fromEntries(kept.map(([name, value]) => [name, String(value)]));
  const size = Number(upstream.headers["content-length"] ?? 0);
  return {
    status: upstream.statusCode ?? 500,
    headers: { ...withoutThoseOf(reply.headers, upstreamHeaders), ...upstreamHeaders },
    size,
    pieces: upstream,
  };
}

/** Header names are the same in upper and lower case, keys of objects are not. */
function withoutThoseOf(headers: Outgoing["headers"], others: Outgoing["headers"]): Record<string, string> {
  return Object.fromEntries(
    Object.entries(headers).filter(([name]) => others[name.toLowerCase()] === undefined),
  );
}

/** The storage of a test has a certificate of its own making. */
function get(url: string, headers: Record<string, string>): Promise<IncomingMessage> {
  const start = url.startsWith("https:") ? httpsRequest : httpRequest;
  return new Promise((resolve, reject) => {
    start(url, { headers, agent: false, rejectUnauthorized: false }, resolve).on("error", reject).end();
  });
}

async function* spoiled(pieces: Outgoing["pieces"], size: number, fault: BodyFault | undefined) {
  const middle = Math.floor(size / 2);
  const cutAt = fault !== undefined && cuts(fault) ? (fault.afterBytes ?? middle) : size;
  let at = 0;
  for await (const piece of pieces) {
    const kept = piece.subarray(0, cutAt - at);
    if (kept.length > 0) yield fault?.kind === "wrong-bytes" ? flippedAt(kept, middle - at) : kept;
    at += kept.length;
    if (at >= cutAt) return;
  }
}

function cuts(fault: BodyFault): fault is Extract<BodyFault, { afterBytes?: number }> {
  return fault.kind === "truncated" || fault.kind === "stalled" || fault.kind === "reset";
}

/** The piece with another byte at `index`, or as it is when that lies outside. */
function flippedAt(piece: Uint8Array, index: number): Uint8Array {
  const byte = piece[index];
  if (byte === undefined) return piece;
  const copy = Uint8Array.from(piece);
  copy[index] = byte ^ 0xff;
  return copy;
}

function finish(response: ServerResponse, fault: BodyFault | undefined): void {
  switch (fault?.kind) {
    case "truncated":
      response.socket?.end();
      return;
    case "reset":
      response.socket?.resetAndDestroy();
      return;
    case "stalled":
      return;
    default:
      response.end();
  }
}

/** Header values as Go writes them: UTF-8, and a space for what would end the line. Node takes one character for one byte. */
function onTheWire(headers: Outgoing["headers"]): Record<string, string> {
  const bytes = (value: string) => Buffer.from(value.replaceAll(/[\0\r\n]/g, " ")).toString("latin1");
  return Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, bytes(String(value))]));
}

function hasNoBody(status: number): boolean {
  return status === 204 || status === 304;
}
