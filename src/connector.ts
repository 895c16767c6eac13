/**
 * Connections of undici that end when what came over them has been taken. After an answer that a server calls its last ("Connection: close")
 * undici 7 takes the end of the connection for the end of the answer at once. Where its parser waits meanwhile, because nobody has
 * read so far, it throws out of a listener, which no caller can catch and which ends the process. undici 8 waits (nodejs/undici#5360),
 * but needs Node 22.
 */
import type { Socket } from "node:net";
import { buildConnector } from "undici";

/** @param timeout milliseconds until a connection stands */
export function connector(timeout?: number): buildConnector.connector {
  // Half open: else Node closes a connection that the other side ended, and what waits is lost.
  const connect = buildConnector({ allowHalfOpen: true, ...(timeout === undefined ? {} : { timeout }) });
  return (options, callback) =>
    connect(options, (error, socket) => {
      if (error !== null) return callback(error, null);
      callback(null, socket); // undici listens to it from here on
      endLate(socket);
    });
}

function endLate(socket: Socket): void {
  replaceListener(socket, "end", (heard) => {
    const read = socket.read.bind(socket);
    const end = () => {
      if (socket.destroyed || heard()) return;
      // When the parser goes on, it reads first.
      socket.read = (size) => {
        socket.read = read;
        process.nextTick(end);
        return read(size) as unknown;
      };
    };
    end();
  });
  replaceListener(socket, "error", (heard, error) => {
    if (!heard(error)) heard(reset(error));
  });
}

/** Tells undici; false when its parser waits. It throws before it has done anything. */
type Heard = (error?: unknown) => boolean;

/** In place of the listener that was added last. */
function replaceListener(
  socket: Socket,
  event: "end" | "error",
  tell: (heard: Heard, error?: unknown) => void,
): void {
  const listener = socket.listeners(event).at(-1) as ((error?: unknown) => void) | undefined; // as both events have it
  if (listener === undefined) return;
  socket.off(event, listener);
  socket.on(event, (error?: unknown) => tell((told) => isHeard(() => listener.call(socket, told)), error));
}

function isHeard(tell: () => void): boolean {
  try {
    tell();
    return true;
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "ERR_ASSERTION") return false;
    throw error;
  }
}

/** A reset connection has no rest to wait for. Only one with the code ECONNRESET may be the end of an answer to undici. */
function reset(cause: unknown): Error {
  return Object.assign(new Error("the connection was reset", { cause }), { code: "UND_ERR_SOCKET" });
}
