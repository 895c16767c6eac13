import { access, open } from "node:fs/promises";
import { UserError } from "../errors.js";
import { Secret } from "./secret.js";

/** No token is longer; a job token, which is a JWT, has about one thousand characters. */
const MAX_BYTES = 16 * 1024;
const READABLE_BY_GROUP = 0o040;
const READABLE_BY_ALL = 0o004;

export interface TokenFileOptions {
  /** Whether the group may read it, as it is with systemd's credentials. */
  readonly groupMayRead?: boolean;
}

/**
 * The one line of a token file, trimmed.
 *
 * @throws UserError when the file cannot be read, when others can read it too, or when it does not hold exactly one line
 */
export async function readTokenFile(
  path: string,
  { groupMayRead = false }: TokenFileOptions = {},
): Promise<Secret> {
  const others = groupMayRead ? READABLE_BY_ALL : READABLE_BY_ALL | READABLE_BY_GROUP;
  const text = await readPrivately(path, others).catch((error: unknown) => {
    if (error instanceof UserError) throw error;
    throw unreadable(path, error);
  });
  const token = text.trim();
  if (token === "" || /[\r\n]/.test(token)) {
    throw new UserError(
      "CREDENTIALS_BAD_TOKEN_FILE",
      `The token file ${path} ${token === "" ? "is empty" : "holds more than one line"}; expected one line with the token and nothing else.`,
    );
  }
  return new Secret(token);
}

/** Whether there is such a file at all. */
export async function hasTokenFile(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}

async function readPrivately(path: string, others: number): Promise<string> {
  const file = await open(path, "r");
  try {
    // The mode of the opened file, so that it cannot be exchanged between the look and the read.
    const { mode } = await file.stat();
    if (process.platform !== "win32" && (mode & others) !== 0) throw readableByOthers(path, mode);
    const { bytesRead, buffer } = await file.read(Buffer.alloc(MAX_BYTES), 0, MAX_BYTES);
    return buffer.toString("utf8", 0, bytesRead);
  } finally {
    await file.close();
  }
}

function readableByOthers(path: string, mode: number): UserError {
  return new UserError(
    "CREDENTIALS_TOKEN_FILE_READABLE",
    `The token file ${path} can be read by other users (mode ${(mode & 0o777).toString(8).padStart(4, "0")}), so its token is not used.`,
    { hint: `chmod 600 '${path.replaceAll("'", String.raw`'\''`)}'` },
  );
}

function unreadable(path: string, cause: unknown): UserError {
  const code = cause instanceof Error && "code" in cause ? String(cause.code) : "unknown error";
  return new UserError(
    "CREDENTIALS_TOKEN_FILE_UNREADABLE",
    `The token file ${path} cannot be read: ${code}.`,
    {
      hint: "name a file that holds the token with --token-file, or set GITLAB_TOKEN",
      cause,
    },
  );
}
