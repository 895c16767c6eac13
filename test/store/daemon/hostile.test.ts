/** Daemons that lie, hang up or fail. */
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { createServer, type Server, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { openConnection } from "../../../src/store/daemon/connection.js";
import { queryValidPaths } from "../../../src/store/daemon/operations.js";
import { socketTransport } from "../../../src/store/daemon/transport.js";
import { wireNumber, wireString, wireStrings } from "../../../src/store/daemon/wire.js";

const [MAGIC, LAST, ERROR, NEXT] = [0x6478696f, 0x616c7473, 0x63787470, 0x6f6c6d67];
const [START, STOP, RESULT] = [0x53545254, 0x53544f50, 0x52534c54];
const VERSION_1_38 = 0x126;
const PATH = "/nix/store/00000000000000000000000000000000-a";
const GREETING = [MAGIC, VERSION_1_38].map(wireNumber).concat(wireString("2.34.8"), wireNumber(LAST));

let directory: string;
let server: Server;
let sockets: Socket[];
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), "nix-artifacts-test-"));
});
afterEach(async () => {
  for (const socket of sockets) socket.destroy();
  server.close();
  await rm(directory, { recursive: true });
});

/** Asks a daemon that sends `greeting`, after the question `answer`, and then hangs up. */
async function ask(
  greeting: readonly Uint8Array[],
  answer: readonly Uint8Array[] = [],
): Promise<Set<string>> {
  sockets = [];
  server = createServer((socket) => {
    sockets.push(socket);
    socket.on("error", () => undefined);
    socket.write(Buffer.concat(greeting));
    let received = 0;
    socket.on("data", (chunk: Buffer) => {
      received += chunk.length;
      if (received > 32) socket.end(Buffer.concat(answer)); // more than a greeting
    });
  });
  const path = join(directory, "socket");
  server.listen(path);
  await once(server, "listening");
  const connection = await openConnection(await socketTransport(path));
  try {
    return await queryValidPaths(connection, [PATH]);
  } finally {
    await connection.close();
  }
}

it("an answer is read, whatever the daemon tells meanwhile", async () => {
  const fields = [wireNumber(2), wireNumber(0), wireNumber(9), wireNumber(1), wireString("field")];
  const told = [
    [wireNumber(NEXT), wireString("copying\n")],
    [wireNumber(START), Buffer.alloc(8, 0xff), wireNumber(3), wireNumber(100), wireString("building")],
    [...fields, wireNumber(0)],
    [wireNumber(RESULT), wireNumber(1), wireNumber(105), ...fields],
    [wireNumber(STOP), wireNumber(1)],
  ].flat();
  expect(await ask(GREETING, [...told, wireNumber(LAST), wireStrings([PATH])])).toEqual(new Set([PATH]));
});

it("what went wrong in Nix is told in Nix's words, without colours and secrets", async () => {
  const text =
    "\u001b[31mcannot\u001b[0m fetch https://me:glpat-0123456789abcdefghij@host/ No space left on device";
  const trace = [wireNumber(1), wireNumber(0), wireString("while adding")];
  const error = ["Error", 0, "Error", text, 0].map((one) =>
    typeof one === "string" ? wireString(one) : wireNumber(one),
  );
  await expect(ask(GREETING, [wireNumber(ERROR), ...error, ...trace])).rejects.toMatchObject({
    code: "NIX_FAILED",
    message: "Nix failed:\nerror: cannot fetch https://[secret]@host/ No space left on device",
    hint: expect.stringContaining("nix-collect-garbage"),
  });
});

it.each<[string, Uint8Array[], Uint8Array[], string]>([
  ["is something else", [Buffer.from("HTTP/1.1 400 Bad Request\r\n\r\n")], [], "NIX_UNKNOWN_ANSWER"],
  ["is too old", [wireNumber(MAGIC), wireNumber(0x115)], [], "NIX_NO_DAEMON"],
  ["is of another kind", [wireNumber(MAGIC), wireNumber(0x200)], [], "NIX_NO_DAEMON"],
  ["sends a message that nobody knows", GREETING, [wireNumber(1)], "NIX_UNKNOWN_ANSWER"],
  ["sends a field that nobody knows", GREETING, [RESULT, 1, 1, 1, 7].map(wireNumber), "NIX_UNKNOWN_ANSWER"],
  ["sends fields without end", GREETING, [RESULT, 1, 1, 2 ** 40].map(wireNumber), "NIX_UNKNOWN_ANSWER"],
  [
    "knows more than was asked",
    GREETING,
    [wireNumber(LAST), wireStrings([PATH, PATH])],
    "NIX_UNKNOWN_ANSWER",
  ],
  ["hangs up instead of an answer", GREETING, [], "NIX_FAILED"],
  [
    "hangs up within an answer",
    GREETING,
    [wireNumber(LAST), wireStrings([PATH]).subarray(0, 20)],
    "NIX_FAILED",
  ],
])("a daemon that %s is an error that says so", async (_, greeting, answer, code) => {
  await expect(ask(greeting, answer)).rejects.toMatchObject({ code });
  await vi.waitFor(() => expect(sockets.every(({ destroyed }) => destroyed)).toBe(true));
});

it("a daemon that says nothing is not waited for by who gave up before", async () => {
  sockets = [];
  server = createServer((socket) => sockets.push(socket)).listen(join(directory, "socket"));
  await once(server, "listening");
  const transport = await socketTransport(join(directory, "socket"));
  await expect(openConnection(transport, AbortSignal.abort())).rejects.toMatchObject({ code: "NIX_FAILED" });
});
