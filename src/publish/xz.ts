/** The format .xz, written by the program `xz`: there is no library for Node that is kept, streams and compresses well. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { pipeline } from "node:stream/promises";
import { outOfFiles, UserError } from "../errors.js";
import { excerpt } from "../redact.js";

/** As Nix has them: level 6, one thread, one block, CRC64 (`LZMA_PRESET_DEFAULT` and `lzma_easy_encoder` of liblzma). */
const ARGUMENTS = ["--compress", "--stdout", "--format=xz", "--check=crc64", "-6", "--threads=1"];

/**
 * Compresses in another process, in memory that does not grow with the body (94 MiB). Of our environment, which may hold tokens, it gets
 * `PATH` and nothing else.
 *
 * @param searchPath where programs are, as `PATH` says it; undefined: where the system has its own
 * @throws UserError XZ_MISSING, OUT_OF_FILES, XZ_FAILED while reading; what `body` throws passes through
 */
export async function* compressXz(
  body: AsyncIterable<Uint8Array>,
  searchPath: string | undefined,
): AsyncGenerator<Uint8Array> {
  const xz = spawn("xz", ARGUMENTS, { stdio: "pipe", env: { PATH: searchPath } });
  await once(xz, "spawn").catch(notStarted);
  const closed = once(xz, "close");
  let said = "";
  xz.stderr.setEncoding("utf8").on("data", (text: string) => (said += text));
  const feeding = pipeline(body, xz.stdin).catch((error: unknown) => error);
  try {
    yield* xz.stdout as AsyncIterable<Buffer>; // no encoding is set
    const [[code, signal], failure] = await Promise.all([closed, feeding]);
    // When the body fails, xz sees its end and is content.
    if (code !== 0) throw failed(code ?? signal, said);
    if (failure !== undefined) throw failure;
  } finally {
    xz.kill("SIGKILL");
    await feeding;
  }
}

function notStarted(cause: unknown): never {
  throw outOfFiles(cause) ?? xzMissing(cause);
}

function xzMissing(cause: unknown): UserError {
  return new UserError("XZ_MISSING", "the program xz does not start, and --compression xz needs it", {
    hint: "install it (Debian and Ubuntu: apt-get install xz-utils), or leave out --compression",
    cause,
  });
}

function failed(code: unknown, said: string): UserError {
  return new UserError(
    "XZ_FAILED",
    `xz ended with ${String(code)}${said === "" ? "" : `: ${excerpt(said)}`}`,
    {
      hint: "each archive takes it 94 MiB of memory; run the command again, it sends what is missing",
    },
  );
}
