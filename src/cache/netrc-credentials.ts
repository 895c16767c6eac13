/** User and password for a cache from a netrc file, the way in which Nix is given them (nix.conf `netrc-file`). */
import type { Credentials } from "../credentials/credentials.js";
import { type NetrcEntry, parseNetrc } from "../credentials/netrc.js";
import { isLoopback } from "../credentials/origin.js";
import { UserError } from "../errors.js";
import { readText } from "../write-file.js";

/**
 * As Nix and curl look them up: by the name of the host alone, whatever the port.
 *
 * `for` throws a UserError NETRC_UNREADABLE when the file cannot be read, CACHE_PLAIN_HTTP before a password crosses a network in
 * plain text.
 */
export function netrcCredentials(file: string): Credentials {
  let entries: Promise<readonly NetrcEntry[]> | undefined;
  return {
    async for(url) {
      entries ??= readNetrc(file);
      const entry = (await entries).find(({ machine }) => machine === url.hostname);
      if (entry?.password === undefined) return undefined;
      if (url.protocol !== "https:" && !isLoopback(url)) throw plainHttp(url.hostname);
      const basic = Buffer.from(`${entry.login ?? ""}:${entry.password}`).toString("base64");
      return { headers: { authorization: `Basic ${basic}` }, source: `--netrc-file ${file}` };
    },
  };
}

async function readNetrc(file: string): Promise<readonly NetrcEntry[]> {
  const text = await readText(file);
  if (text === undefined) throw new UserError("NETRC_UNREADABLE", `there is no file ${file}`);
  return parseNetrc(text);
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
