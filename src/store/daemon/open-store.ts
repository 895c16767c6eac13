import pLimit from "p-limit";
import { UserError } from "../../errors.js";
import type { Nix } from "../nix.js";
import { NIX_MISSING } from "../nix-error.js";
import { beginning } from "./beginning.js";
import { openConnection } from "./connection.js";
import { connectionPool } from "./connection-pool.js";
import { NO_DAEMON } from "./daemon-error.js";
import { addToStoreNar, type FixedPath, queryValidPaths } from "./operations.js";
import { socketTransport } from "./transport.js";

/** A store that can be asked and added to, by many at a time. */
export interface OpenStore {
  /** Those of `paths` that it does not have. */
  missing(paths: readonly string[]): Promise<Set<string>>;
  /** Makes a path valid, or does not when `nar` throws, has another hash, or ends with this process. */
  add(path: FixedPath, nar: AsyncIterable<Uint8Array>): Promise<void>;
  /** Ends what is going on. */
  close(): Promise<void>;
}

/** What is smaller is known to be right before Nix hears of it. */
const BEGINNING_BYTES = 256 * 1024;

/** Codes of errors after which Nix's programs may still do what a daemon does not: Nix is there, for it said how it reaches the store. */
const UNREACHED: ReadonlySet<string> = new Set([NO_DAEMON, NIX_MISSING]);

/**
 * Opens the store that Nix works with, if its daemon can be spoken to or be started. What is asked at the same time has a connection each,
 * which is used again. The methods throw UserError NIX_FAILED with what Nix said, and NIX_UNKNOWN_ANSWER.
 *
 * @param signal ends it; then the methods throw its reason
 * @returns undefined when only Nix's programs know how to reach the store
 * @throws UserError NIX_MISSING, NIX_FAILED when Nix does not answer; the reason of `signal`
 */
export async function openStore(nix: Nix, signal?: AbortSignal): Promise<OpenStore | undefined> {
  const access = await nix.access(signal);
  if (access.kind === "other") return undefined;
  // All processes of Nix wait for one database: what takes no time is added faster one after the other.
  const brief = pLimit(1);
  const pool = connectionPool(
    async () =>
      openConnection(await (access.kind === "local" ? nix.daemon() : socketTransport(access.path)), signal),
    signal,
  );
  try {
    await pool.use(async () => undefined); // so that it is known now whether that works
  } catch (error) {
    await pool.close();
    if (error instanceof UserError && UNREACHED.has(error.code)) return undefined;
    throw error;
  }
  return {
    async missing(paths) {
      const valid = await pool.use((connection) => queryValidPaths(connection, paths));
      return new Set(paths.filter((path) => !valid.has(path)));
    },
    async add(path, nar) {
      const { whole, bytes, end } = await beginning(nar, BEGINNING_BYTES);
      const add = () => pool.use((connection) => addToStoreNar(connection, path, bytes));
      try {
        await (whole ? brief(add) : add());
      } finally {
        await end(); // a daemon that is gone reads nothing, and `nar` may hold files
      }
    },
    close: pool.close,
  };
}
