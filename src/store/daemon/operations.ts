import type { DaemonConnection } from "./connection.js";
import { contentAddress } from "../narinfo.js";
import { sriToHex } from "../sri.js";
import { wireNumber, wireString, wireStrings } from "./wire.js";

/** A path whose place in the store follows from its name and content, as Nix makes it for a fixed output. */
export interface FixedPath {
  readonly storePath: string;
  /** Whether `hash` is of the bytes of a file, or of the NAR. */
  readonly method: "flat" | "nar";
  /** SRI sha256. */
  readonly hash: string;
  /** SRI sha256. */
  readonly narHash: string;
  /** Bytes of the NAR. */
  readonly narSize: number;
}

/** Numbers of operations (libstore/worker-protocol.hh, `WorkerOp`). */
const QUERY_VALID_PATHS = 31;
const ADD_TO_STORE_NAR = 39;

/** Version of the protocol since which a query for valid paths says whether to substitute them. */
const SAYS_WHETHER_TO_SUBSTITUTE = 27;
const NO = 0;
const NONE = "";

/**
 * Those of `paths` that are valid; nothing is substituted (daemon.cc, `QueryValidPaths`).
 *
 * @throws as `DaemonConnection.call`
 */
export function queryValidPaths(
  connection: DaemonConnection,
  paths: readonly string[],
): Promise<Set<string>> {
  const request = [wireNumber(QUERY_VALID_PATHS), wireStrings(paths)];
  if (connection.minor >= SAYS_WHETHER_TO_SUBSTITUTE) request.push(wireNumber(NO));
  return connection.call({ request, answer: async (reader) => new Set(await reader.strings(paths.length)) });
}

/**
 * Adds a path while the NAR of it arrives. Nix takes it from anybody, since place and content prove each other, and compares both hashes
 * itself. `AddToStore`, which needs no NAR, is not used: there the end of a connection is the end of the file, and half of it becomes a
 * valid path of its own (local-store.cc, `addToStoreFromDump`).
 *
 * Sources: remote-store.cc, `addToStore`; daemon.cc, `AddToStoreNar`; path-info.cc.
 *
 * @throws as `DaemonConnection.call`, and then the path is not valid
 */
export function addToStoreNar(
  connection: DaemonConnection,
  { storePath, method, hash, narHash, narSize }: FixedPath,
  nar: AsyncIterable<Uint8Array> | Iterable<Uint8Array>,
): Promise<void> {
  const request = [
    wireNumber(ADD_TO_STORE_NAR),
    wireString(storePath),
    wireString(NONE), // derivation that made it
    wireString(sriToHex(narHash)),
    wireStrings([]), // what it refers to
    wireNumber(0), // time: now
    wireNumber(narSize),
    wireNumber(NO), // built by this machine
    wireStrings([]), // signatures
    wireString(contentAddress(method, hash)),
    wireNumber(NO), // repair
    wireNumber(NO), // trust without a proof
  ];
  return connection.call({ request, content: nar, answer: async () => undefined });
}
