/**
 * Nix's substituters, as one reaches them from here: each is asked for `nix-cache-info` (Nix manual, "Serving a Nix store via
 * HTTP"), without any password. One that is down makes builds slow and breaks none, so nothing here is worse than a warning.
 */
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { request } from "undici";
import { z } from "zod";
import { redact } from "../redact.js";
import type { Finding } from "./finding.js";

const TIMEOUT_MS = 3_000;
const MAX_BYTES = 64 * 1024;

/** @param substituters the setting, as Nix printed it */
export async function checkCaches(substituters: unknown): Promise<Finding[]> {
  const addresses = z.array(z.string()).safeParse(substituters).data ?? [];
  if (addresses.length === 0) return [{ name: "Caches", state: "note", meaning: "Nix asks none" }];
  return Promise.all([...new Set(addresses)].map(checkCache));
}

async function checkCache(address: string): Promise<Finding> {
  const name = `Cache ${redact(address)}`;
  try {
    const said = await ask(address);
    return { name, ...(typeof said === "string" ? judgeInfo(said) : said) };
  } catch (error) {
    return {
      name,
      state: "warning",
      meaning: `it does not answer: ${reasonOf(error)}; builds wait for it and go on without it`,
      fix: "check the network and the VPN, or take it out of `substituters` in nix.conf",
    };
  }
}

type Seen = Omit<Finding, "name">;

/** The text of `nix-cache-info`, or what there is to say without it. */
async function ask(address: string): Promise<string | Seen> {
  if (!URL.canParse(address))
    return address.startsWith("/") ? readInfo(address) : notAsked("Nix knows the way to it");
  const url = new URL(address);
  if (url.protocol === "file:") return readInfo(fileURLToPath(url));
  if (url.protocol !== "http:" && url.protocol !== "https:")
    return notAsked(`it is asked by ${url.protocol}//`);
  const signal = AbortSignal.timeout(TIMEOUT_MS);
  const { statusCode, body } = await request(infoUrl(url), { signal });
  if (statusCode === 200) return boundedText(body);
  await body.dump({ limit: MAX_BYTES, signal });
  if (statusCode === 401 || statusCode === 403)
    return { state: "note", meaning: "it answers, and wants a password: Nix takes it from `netrc-file`" };
  if (statusCode < 400) return { state: "ok", meaning: "it answers, from another address" };
  return { state: "warning", meaning: `it answers with ${statusCode}`, fix: SPELLING };
}

const SPELLING = "check the spelling of the address in `substituters` of nix.conf";

function notAsked(why: string): Seen {
  return { state: "note", meaning: `not asked: ${why}` };
}

function readInfo(folder: string): Promise<string> {
  return readFile(join(folder, "nix-cache-info"), "utf8");
}

/** Parameters of a store's address are for Nix. */
function infoUrl({ origin, pathname }: URL): string {
  return `${origin}${pathname.replace(/\/*$/, "/")}nix-cache-info`;
}

async function boundedText(body: AsyncIterable<Buffer>): Promise<string> {
  let text = "";
  for await (const part of body) {
    text += part.toString("latin1");
    if (text.length > MAX_BYTES) break;
  }
  return text;
}

function judgeInfo(info: string): Seen {
  const [, storeDir] = /^StoreDir: *(\S+)/m.exec(info) ?? [];
  if (storeDir === "/nix/store") return { state: "ok", meaning: "it answers" };
  const meaning =
    storeDir === undefined
      ? "something else than a binary cache answers there"
      : "it is for a store in another place than /nix/store";
  return { state: "warning", meaning, fix: SPELLING };
}

function reasonOf(error: unknown): string {
  if (error instanceof Error && error.name === "TimeoutError") return `nothing within ${TIMEOUT_MS / 1000} s`;
  return error instanceof Error && "code" in error ? String(error.code) : "no answer";
}
