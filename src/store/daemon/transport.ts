/** Ways to a daemon: its socket, or a program that is one for us alone. */
import type { ChildProcessByStdio } from "node:child_process";
import { once } from "node:events";
import { connect, type Socket } from "node:net";
import type { Readable, Writable } from "node:stream";
import { setTimeout as delay } from "node:timers/promises";
import { noDaemon } from "./daemon-error.js";
import type { Transport } from "./connection.js";

const SAID_CHARACTERS = 10_000;
const ATTEMPTS = 100;
const PAUSE_MS = 50;

/**
 * Connects to the socket of a daemon.
 *
 * @param path absolute
 * @throws UserError NIX_NO_DAEMON when nobody listens there
 */
export async function socketTransport(path: string): Promise<Transport> {
  const socket = await connected(path).catch((cause: unknown) => {
    throw noDaemon(cause instanceof Error ? cause.message : String(cause), cause);
  });
  socket.on("error", () => undefined); // whoever reads or writes gets it, too
  return {
    input: socket,
    output: socket,
    said: () => "",
    async close() {
      socket.destroy();
    },
  };
}

/** A daemon lets five wait at its door, and the system sends the sixth away (unix(7): EAGAIN). */
async function connected(path: string): Promise<Socket> {
  for (let attempt = 1; ; attempt++) {
    const socket = connect({ path });
    try {
      await once(socket, "connect");
      return socket;
    } catch (error) {
      if (attempt === ATTEMPTS || !isBusy(error)) throw error;
      await delay(PAUSE_MS);
    }
  }
}

function isBusy(error: unknown): boolean {
  return error instanceof Error && "code" in error && error.code === "EAGAIN";
}

/** Speaks with a child that runs by its standard streams. The child ends when its input does, and takes with it what it had begun. */
export function childTransport(child: ChildProcessByStdio<Writable, Readable, Readable>): Transport {
  const { stdin, stdout, stderr } = child;
  for (const stream of [stdin, stdout, stderr]) stream.on("error", () => undefined);
  let said = "";
  const ended = once(child, "close");
  stderr.on("data", (chunk: Buffer) => (said = (said + chunk.toString()).slice(-SAID_CHARACTERS)));
  return {
    input: stdin,
    output: stdout,
    said: () => said,
    async close() {
      stdin.destroy();
      stdout.destroy();
      await ended;
    },
  };
}
