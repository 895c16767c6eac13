/** The commands that download. */
import { mkdtempSync, readdirSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { request } from "undici";
import { UserError } from "../../src/errors.js";
import { parseLock } from "../../src/lock/read.js";
import { parseSri } from "../../src/store/sri.js";
import { readFiles } from "../cli/repository.js";
import type { FaultRow } from "../faults/fault-row.js";
import { temporaryNix } from "../store/temporary-nix.js";
import { command, lock, type Place } from "./place.js";
import { type Outcome, outcomeOf, type World } from "./world.js";

const DOWNLOAD = { path: "/artifacts", meets: ["request", "bytes"], locked: true } as const;

export const DOWNLOADS: readonly Place[] = [
  {
    name: "lock, downloading",
    ...DOWNLOAD,
    locked: false,
    run: lock,
    except: ["an archive that is damaged on the way"], // it knows no hash yet
  },
  { name: "lock --rehash", ...DOWNLOAD, run: command("lock", { rehash: true }), as: asOfRehash },
  { name: "verify", ...DOWNLOAD, run: command("verify") },
  { name: "fetch", ...DOWNLOAD, run: fetch },
  { name: "publish", ...DOWNLOAD, run: publish },
  { name: "proxy", ...DOWNLOAD, run: askProxy, ownCode: "PROXY" },
];

/** It knows the hash of a job's bytes as the lock has it. */
function asOfRehash(row: FaultRow): FaultRow {
  return row.codes.includes("OTHER_BYTES") ? { ...row, codes: ["SAME_JOB_OTHER_BYTES"] } : row;
}

/** Into a store that has nothing yet. */
async function fetch(world: World): Promise<Outcome> {
  const nix = await temporaryNix();
  try {
    const { PATH, NIX_REMOTE, NIX_CONF_DIR, NIX_USER_CONF_FILES, NIX_CONFIG } = nix.env;
    const env = {
      PATH: `${PATH}:${world.context.env["PATH"]}`,
      NIX_REMOTE,
      NIX_CONF_DIR,
      NIX_USER_CONF_FILES,
      NIX_CONFIG,
    };
    return await outcomeOf(world, "fetch", { options: { allSystems: true }, env });
  } finally {
    await nix.remove();
  }
}

/** Into a cache that then holds nothing, unless it holds all. */
async function publish(world: World): Promise<Outcome> {
  const cache = mkdtempSync(join(tmpdir(), "cache-"));
  const outcome = await outcomeOf(world, "publish", { options: { to: cache } });
  const published = readdirSync(cache).some((name) => name.endsWith(".narinfo"));
  if (published !== (outcome.errors.length === 0)) throw new Error("the cache and the result disagree");
  return outcome;
}

/** What Nix would show of the proxy's answer. */
async function askProxy(world: World): Promise<Outcome> {
  const cache = mkdtempSync(join(tmpdir(), "proxy-"));
  const stop = new AbortController();
  const options = { listen: ["127.0.0.1:0"], cache };
  const running = outcomeOf(world, "proxy", { options, signal: stop.signal });
  try {
    const { statusCode, body } = await request(`${await world.printed()}/sha256/${hexOf(world)}`);
    // Bytes that broke off after the head are told in the log only.
    const text = await body.bytes().then(
      (bytes) => (statusCode === 200 ? undefined : Buffer.from(bytes).toString()),
      () => world.shown(),
    );
    return text === undefined
      ? { errors: [], said: "" }
      : { errors: [new UserError("PROXY", text)], said: text };
  } finally {
    stop.abort();
    await running;
  }
}

/** The digest under which the proxy has what is locked. */
function hexOf({ cwd }: World): string {
  const file = "artifacts.lock.json";
  const { artifacts } = parseLock(readFiles(cwd)[file] ?? "", file);
  const hash = artifacts["acme"]?.systems["any"]?.hash ?? "";
  return Buffer.from(parseSri(hash)).toString("hex");
}
