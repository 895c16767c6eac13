/** What is common to a repository's artifacts, with every default filled in. This file is the type; `load.ts` makes it. */
import type { FetchMode } from "../artifact.js";
import type { Bump } from "./bump.js";
import type { ProxyRule } from "./proxy-rule.js";

export interface Config {
  /** Absolute path of the folder that the paths below start from, and that nothing leaves. */
  readonly root: string;
  /** Absolute path of `artifacts.config.ts`; undefined when there is none. */
  readonly file: string | undefined;
  /** Text by absolute path of the configuration file and what it imports, for the type check. */
  readonly sources: ReadonlyMap<string, string>;
  /** Base URL of the GitLab instance without a trailing slash. */
  readonly gitlab: string | undefined;
  /** Folder of the manifests, relative to the root, as are the next two. */
  readonly manifests: string;
  readonly lock: string;
  readonly output: string;
  /** Attribute of the overlay under which the packages are; null is the top level. */
  readonly namespace: string | null;
  readonly fetch: FetchMode;
  /** The address in proxy derivations, without a trailing slash. */
  readonly proxy: string;
  /** Who may have what of a proxy that runs here; undefined: whoever it serves may have all that is locked. */
  readonly proxyPolicy: readonly ProxyRule[] | undefined;
  /** Days ahead of their expiry that locked artifacts are warned about; null: never. */
  readonly expiryWarningDays: number | null;
  /** Bytes that the files of one archive may have together when it is unpacked; undefined: the default of `hash`. */
  readonly maxUnpackedBytes: number | undefined;
  /** Whether every new job is asked for its runner's statement. */
  readonly runnerStatements: boolean;
  readonly bump: Bump;
}
