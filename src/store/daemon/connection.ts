/**
 * Speaks with Nix's daemon as Nix's own programs do: the worker protocol. So bytes go into the store while they arrive, and no program has to
 * be started for each path. Sources: libstore/worker-protocol.hh, worker-protocol-connection.cc, daemon.cc and remote-store.cc of Nix 2.8
 * and 2.34; Nix manual, "Nix daemon protocol" as far as it is there.
 *
 * This file: a connection, from greeting to end. `operations.ts` says what it is used for, `wire.ts` how it is spelt.
 */
import type { Readable, Writable } from "node:stream";
import { UserError } from "../../errors.js";
import { connectionClosed, noDaemon } from "./daemon-error.js";
import { untilDone } from "./messages.js";
import { ConnectionEnded, wireNumber, type WireReader, wireReader } from "./wire.js";

/** The way to a daemon and back. */
export interface Transport {
  readonly input: Writable;
  readonly output: Readable;
  /** What the daemon said beside its answers. */
  said(): string;
  /** Ends the connection at once. Resolves when what belongs to it is gone. */
  close(): Promise<void>;
}

export interface Call<T> {
  /** The operation and its arguments, as they are sent. */
  readonly request: readonly Uint8Array[];
  /** Bytes that follow in frames. */
  readonly content?: AsyncIterable<Uint8Array> | Iterable<Uint8Array>;
  /** Reads what comes when the work is done. */
  readonly answer: (reader: WireReader) => Promise<T>;
}

export interface DaemonConnection {
  /** Of the version of the protocol that both sides speak, 1.`minor`. */
  readonly minor: number;
  /**
   * Has the daemon do something; one call at a time. After one that failed, the connection can only be closed.
   *
   * @throws UserError NIX_FAILED with what the daemon said; NIX_UNKNOWN_ANSWER; what `content` throws passes through, and then the daemon
   *   is left with a part of it, of which it makes nothing
   */
  call<T>(call: Call<T>): Promise<T>;
  close(): Promise<void>;
}

const CLIENT_MAGIC = 0x6e697863;
const DAEMON_MAGIC = 0x6478696f;
/** Nix 2.8 speaks 1.34, and every later daemon with those who do; what came after is of no use here. */
const OUR_MINOR = 34;
/** The first version in which what is added is sent in frames; Nix 2.4. */
const FIRST_MINOR = 25;
const MAJOR = 1;
/** Neither a system call for each chunk, nor much memory: the daemon has a whole frame in it. */
const FRAME_BYTES = 256 * 1024;
/** Since this version the daemon says which Nix it is. */
const SAYS_WHICH_NIX = 33;

/**
 * Greets the daemon (worker-protocol-connection.cc, `handshake` and `postHandshake`).
 *
 * @param signal closes the connection, so that what is going on fails
 * @throws UserError NIX_NO_DAEMON when it is none, or speaks no version that is known; NIX_FAILED when it does not take the connection
 */
export async function openConnection(transport: Transport, signal?: AbortSignal): Promise<DaemonConnection> {
  const { input, output } = transport;
  const reader = wireReader(output as AsyncIterable<Uint8Array>); // no encoding is set
  const onAbort = () => void transport.close();
  signal?.addEventListener("abort", onAbort);
  if (signal?.aborted === true) onAbort();
  const minor = await explained(greet()).catch(closeAndThrow);
  return { minor, call: perform, close };

  async function close(): Promise<void> {
    signal?.removeEventListener("abort", onAbort);
    await transport.close();
  }

  async function closeAndThrow(error: unknown): Promise<never> {
    await close();
    throw error;
  }

  async function greet(): Promise<number> {
    const [noAffinity, noReserve] = [0, 0]; // obsolete, but read
    const greeting = [CLIENT_MAGIC, version(OUR_MINOR), noAffinity, noReserve].map(wireNumber);
    await send(input, greeting);
    if ((await reader.number()) !== DAEMON_MAGIC) throw noDaemon("what answers is something else");
    const theirs = await reader.number();
    if (theirs < version(FIRST_MINOR) || theirs >= version(0, MAJOR + 1)) {
      throw noDaemon(`it speaks version ${theirs >> 8}.${theirs & 0xff} of its protocol`);
    }
    const spoken = Math.min(OUR_MINOR, theirs & 0xff);
    if (spoken >= SAYS_WHICH_NIX) await reader.string();
    await untilDone(reader, spoken);
    return spoken;
  }

  async function perform<T>({ request, content, answer }: Call<T>): Promise<T> {
    const answered = explained(untilDone(reader, minor).then(() => answer(reader)));
    answered.catch(() => undefined); // it is looked at when all is sent
    try {
      await send(input, message(request, content));
    } catch (error) {
      if (!(error instanceof ConnectionEnded)) throw error;
      // The daemon hung up, and may have said why.
    }
    return answered;
  }

  async function explained<T>(work: Promise<T>): Promise<T> {
    try {
      return await work;
    } catch (error) {
      if (!isBroken(error)) throw error;
      await transport.close(); // until then it may go on to say why
      throw connectionClosed(transport.said() || error.message);
    }
  }
}

/** Whether the connection is the reason: it ended, or the system says so. */
function isBroken(error: unknown): error is Error {
  return (
    error instanceof ConnectionEnded ||
    (error instanceof Error && "code" in error && !(error instanceof UserError))
  );
}

/**
 * Writes what it is given as fast as it is taken. (`pipeline` is for the last thing that is written: it leaves its listeners behind.)
 *
 * @throws ConnectionEnded when it is not taken any more; what `chunks` throws passes through
 */
async function send(
  input: Writable,
  chunks: AsyncIterable<Uint8Array> | Iterable<Uint8Array>,
): Promise<void> {
  for await (const chunk of chunks) {
    if (input.destroyed) throw new ConnectionEnded();
    if (!input.write(chunk)) await drained(input);
  }
}

function drained(input: Writable): Promise<void> {
  return new Promise((resolve, reject) => {
    const onDrain = () => settle(resolve);
    const onClose = () => settle(() => reject(new ConnectionEnded()));
    const settle = (outcome: () => void) => {
      input.off("drain", onDrain).off("close", onClose);
      outcome();
    };
    input.on("drain", onDrain).on("close", onClose);
  });
}

function version(minor: number, major = MAJOR): number {
  return (major << 8) | minor;
}

/** The request, and then the content in frames, of which an empty one is the end (libutil/serialise.hh, `FramedSink`). */
async function* message(
  request: readonly Uint8Array[],
  content: Call<unknown>["content"],
): AsyncGenerator<Uint8Array> {
  yield Buffer.concat(request);
  if (content === undefined) return;
  for await (const { size, chunks } of frames(content)) {
    yield wireNumber(size);
    yield* chunks;
  }
  yield wireNumber(0);
}

interface Frame {
  readonly chunks: readonly Uint8Array[];
  readonly size: number;
}

async function* frames(content: NonNullable<Call<unknown>["content"]>): AsyncGenerator<Frame> {
  let chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of content) {
    chunks.push(chunk);
    size += chunk.length;
    if (size < FRAME_BYTES) continue;
    yield { chunks, size };
    [chunks, size] = [[], 0];
  }
  if (size > 0) yield { chunks, size };
}
