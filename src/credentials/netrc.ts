/**
 * netrc: `machine HOST login NAME password TOKEN`. Format: GNU inetutils manual, "The .netrc file"; quotes as curl reads
 * them (curl manual, "Netrc"). `default` names no host and so binds no token: it is not used.
 */
import { stat } from "node:fs/promises";
import { join } from "node:path";
import { UserError } from "../errors.js";
import { readText } from "../write-file.js";
import { headersFor, kindOfUser } from "./headers.js";
import { isLoopback } from "./origin.js";
import { Secret } from "./secret.js";
import { type Environment, type Source, setting } from "./source.js";

const READABLE_BY_OTHERS = 0o044;

/** `$NETRC`, else `~/.netrc`. */
export function netrcSource(env: Environment): Source {
  return {
    async find(url) {
      const home = setting(env, "HOME");
      const file = setting(env, "NETRC") ?? (home === undefined ? undefined : join(home, ".netrc"));
      const text = file === undefined ? undefined : await readText(file);
      if (file === undefined || text === undefined) return undefined;
      const entry = parseNetrc(text).find(({ machine }) => names(machine, url));
      if (entry?.password === undefined) return undefined;
      await requirePrivate(file);
      const headers = headersFor(new Secret(entry.password), kindOfUser(entry.login), file);
      return { credential: { headers, source: file } };
    },
  };
}

/** A bare host is the https service on its usual port, or anything on this machine; `host:port` is that port. */
function names(machine: string, url: URL): boolean {
  const wanted = machine.toLowerCase();
  return wanted === url.host || (isLoopback(url) && wanted === url.hostname);
}

export interface NetrcEntry {
  readonly machine: string;
  readonly login?: string;
  readonly password?: string;
}

/** One entry as a line. Hosts and GitLab's tokens hold nothing that would need quotes, which not every reader knows. */
export function netrcEntry({ machine, login, password }: Required<NetrcEntry>): string {
  return `machine ${machine} login ${login} password ${password}`;
}

/** The entries with a machine, in order. What is malformed ends the entry that it stands in. */
export function parseNetrc(text: string): NetrcEntry[] {
  const entries: { machine: string; login?: string; password?: string }[] = [];
  const words = wordsOf(text);
  let current: (typeof entries)[number] | undefined;
  for (let word = words.next(); word.done !== true; word = words.next()) {
    if (word.value === "default") current = undefined;
    else if (word.value === "machine") {
      current = { machine: words.next().value ?? "" };
      entries.push(current);
    } else if (word.value === "login" || word.value === "password") {
      const value = words.next().value;
      if (current !== undefined && value !== undefined) current[word.value] = value;
    } else if (word.value === "account") words.next();
  }
  return entries;
}

/** Words, without comments and without macros, which end with an empty line. */
function* wordsOf(text: string): Generator<string, undefined> {
  const plain = text.replace(/^\s*macdef\b[^]*?(?:\n[ \t]*\n|$(?![^]))/gm, "\n").replace(/^\s*#.*$/gm, "");
  for (const [word] of plain.matchAll(/"(?:\\.|[^"\\])*"|\S+/g)) {
    yield word.startsWith('"') ? word.slice(1, -1).replace(/\\(.)/g, "$1") : word;
  }
  return undefined;
}

async function requirePrivate(file: string): Promise<void> {
  const { mode } = await stat(file);
  if (process.platform === "win32" || (mode & READABLE_BY_OTHERS) === 0) return;
  throw new UserError(
    "CREDENTIALS_NETRC_READABLE",
    `${file} can be read by other users, so its token is not used.`,
    {
      hint: `chmod 600 '${file}'`,
    },
  );
}
