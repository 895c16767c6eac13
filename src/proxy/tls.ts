import { X509Certificate } from "node:crypto";
import { readFile, stat } from "node:fs/promises";
import type { Server } from "node:https";
import type { Socket } from "node:net";
import { type SecureContextOptions, createSecureContext } from "node:tls";
import { UserError } from "../errors.js";
import { excerpt } from "../redact.js";
import type { Log } from "./log.js";

/** What a listener that speaks TLS is made of; paths of files in PEM. */
export interface TlsFiles {
  /** The proxy's certificate, and those between it and its authority. */
  readonly cert: string;
  readonly key: string;
  /** Authorities whose certificates callers may show; undefined where none are asked for. */
  readonly clientCa: string | undefined;
}

export interface Tls {
  /** What the files said when they last fitted together. */
  readonly context: () => SecureContextOptions;
  /** Gives the server what is renewed. A connection that began under other authorities ends with what it is busy with then. */
  follow(server: Server): void;
  /** Whether the authorities are still those under which a connection to a server that is followed began. */
  isCurrent(socket: Socket): boolean;
  close(): void;
}

/** Certificates are renewed in days or hours. */
const LOOK_MS = 30_000;

export interface TlsOptions {
  readonly log: Log;
  /** Milliseconds between two looks at the files. */
  readonly lookMs?: number;
}

/**
 * Reads the files, and again when one changes. New ones that do not fit together leave the last good ones in force.
 *
 * @throws UserError `TLS_FILES` when they are not what they should be now
 */
export async function openTls(files: TlsFiles, { log, lookMs = LOOK_MS }: TlsOptions): Promise<Tls> {
  let version = await versionOf(files);
  let context = await readTls(files);
  const servers = new Set<Server>();
  /** The authorities under which each connection began, by its two ends: the socket of the handshake is not the one of the requests. */
  const begun = new Map<string, SecureContextOptions["ca"]>();
  const isCurrent = (socket: Socket) => String(begun.get(endsOf(socket))) === String(context.ca);
  const timer = setInterval(() => void look(), lookMs).unref();

  async function look(): Promise<void> {
    const now = await versionOf(files);
    if (now === version) return;
    version = now;
    try {
      context = await readTls(files);
    } catch (error) {
      log({ level: "error", event: "kept-old-certificate", file: files.cert, error: reasonOf(error) });
      return;
    }
    for (const server of servers) {
      server.setSecureContext(context);
      server.closeIdleConnections();
    }
    log({ level: "info", event: "renewed-certificate", file: files.cert });
  }

  return {
    context: () => context,
    follow(server) {
      servers.add(server);
      server.once("close", () => servers.delete(server));
      server.on("connection", (socket: Socket) => {
        const ends = endsOf(socket);
        begun.set(ends, context.ca);
        socket.once("close", () => begun.delete(ends));
      });
      server.on("request", ({ socket }, response) => {
        response.once("close", () => {
          if (!isCurrent(socket)) setImmediate(() => server.closeIdleConnections());
        });
      });
    },
    isCurrent,
    close: () => clearInterval(timer),
  };
}

function endsOf({ remoteAddress, remotePort, localAddress, localPort }: Socket): string {
  return [remoteAddress, remotePort, localAddress, localPort].join();
}

/**
 * What TLS needs of the files.
 *
 * @throws UserError `TLS_FILES`
 */
export async function readTls({ cert, key, clientCa }: TlsFiles): Promise<SecureContextOptions> {
  const [certificate, secret] = [await readPem(cert), await readPem(key)];
  const context: SecureContextOptions = {
    cert: certificate,
    key: secret,
    ...(clientCa === undefined ? {} : { ca: certificatesOf(await readPem(clientCa), clientCa) }),
  };
  certificatesOf(certificate, cert);
  try {
    createSecureContext(context);
  } catch (cause) {
    throw unfit(`${key} is not the key of ${cert}: ${reasonOf(cause)}`, cause);
  }
  return context;
}

/** The certificates that a text in PEM holds (RFC 7468, section 5). */
function certificatesOf(pem: string, file: string): string[] {
  const found = pem.match(/-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g) ?? [];
  if (found.length === 0) throw unfit(`${file} holds no certificate in PEM`);
  try {
    return found.map((one) => new X509Certificate(one).toString());
  } catch (cause) {
    throw unfit(`${file} holds a certificate that cannot be read: ${reasonOf(cause)}`, cause);
  }
}

async function readPem(file: string): Promise<string> {
  try {
    return await readFile(file, "utf8");
  } catch (cause) {
    throw unfit(`${file} cannot be read: ${reasonOf(cause)}`, cause);
  }
}

function unfit(message: string, cause?: unknown): UserError {
  return new UserError("TLS_FILES", message, {
    hint: "see what --tls-cert, --tls-key and --client-ca name: certificate, key and authorities in PEM, readable by the proxy's user",
    cause,
  });
}

function reasonOf(error: unknown): string {
  return excerpt(error instanceof Error ? error.message : String(error));
}

/** Two versions of the files differ in this (inode(7)). */
async function versionOf({ cert, key, clientCa }: TlsFiles): Promise<string> {
  const files = clientCa === undefined ? [cert, key] : [cert, key, clientCa];
  const versions = files.map(async (file) => {
    const status = await stat(file, { bigint: true }).catch(() => undefined);
    return status === undefined ? "missing" : `${status.ino}-${status.mtimeNs}-${status.size}`;
  });
  return (await Promise.all(versions)).join();
}
