/**
 * User and password for a cache from a netrc file, the way in which Nix is given them (nix.conf `netrc-file`). Format: GNU
 * inetutils manual, "The .netrc file".
 */
import { readFile } from "node:fs/promises";
import type { Credentials } from "../credentials/credentials.js";
import { UserError } from "../errors.js";

/** @throws UserError NETRC_UNREADABLE when asked and the file cannot be read */
export function netrcCredentials(file: string): Credentials {
  let entries: Promise<ReadonlyMap<string, Login>> | undefined;
  return {
    async for({ hostname, protocol }) {
      entries ??= readNetrc(file);
      const login = (await entries).get(hostname);
      if (login === undefined) return undefined;
      if (protocol !== "https:" && !isLoopback(hostname)) throw plainHttp(hostname);
      const basic = Buffer.from(`${login.user}:${login.password}`).toString("base64");
      return { headers: { authorization: `Basic ${basic}` }, source: `--netrc-file ${file}` };
    },
  };
}

interface Login {
  readonly user: string;
  readonly password: string;
}

async function readNetrc(file: string): Promise<ReadonlyMap<string, Login>> {
  const text = await readFile(file, "utf8").catch((cause: unknown) => {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new UserError("NETRC_UNREADABLE", `cannot read ${file}: ${reason}`, { cause });
  });
  const entries = new Map<string, Login>();
  for (const entry of text.split(/(?:^|\s)machine\s+/).slice(1)) {
    const [host = "", ...words] = entry.split(/\s+/);
    const after = (word: string) => words[words.indexOf(word) + 1];
    if (words.includes("password") && !entries.has(host))
      entries.set(host, {
        user: words.includes("login") ? (after("login") ?? "") : "",
        password: after("password") ?? "",
      });
  }
  return entries;
}

function isLoopback(hostname: string): boolean {
  return /^(localhost|127\.\d+\.\d+\.\d+|\[::1\])$/.test(hostname);
}

function plainHttp(hostname: string): UserError {
  return new UserError(
    "CACHE_PLAIN_HTTP",
    `the password for ${hostname} would cross the network unencrypted`,
    {
      hint: "use https://",
    },
  );
}
