import type { ProxyRule } from "../config/proxy-rule.js";
import type { GitLab } from "../gitlab/gitlab.js";
import type { Lock } from "../lock/schema.js";
import type { Metrics } from "./admin/metrics.js";
import type { Facts } from "./admin/report.js";
import type { Cache } from "./cache/cache.js";
import type { ClientPace } from "./client-pace.js";
import type { ListenAddress } from "./listener.js";
import type { Log } from "./log.js";
import type { Tls } from "./tls.js";

/** What a proxy is started with. */
export interface ProxyOptions {
  /** Whoever can connect here gets what is locked, with the proxy's own credentials. */
  readonly listeners: readonly ListenAddress[];
  /** Whoever connects there gets what GitLab gives to the token that they bring. */
  readonly passthrough?: {
    readonly listeners: readonly ListenAddress[];
    /** The instance that callers' tokens belong to. */
    readonly origin: URL;
  };
  /** Whoever connects there with the ID token of a CI job gets what the policy allows, with the proxy's own credentials. */
  readonly idTokens?: {
    readonly listeners: readonly ListenAddress[];
    readonly issuer: URL;
    readonly audiences: readonly string[];
  };
  /** Whoever connects there with a client certificate gets what the policy allows, with the proxy's own credentials. */
  readonly certificates?: { readonly listeners: readonly ListenAddress[] };
  /** For the listeners with TLS, and those of `certificates` are with it. */
  readonly tls?: Tls | undefined;
  /** The locks as they are now; asked once per request. */
  readonly locks: () => readonly Lock[];
  /** Who may have what; undefined: whoever gets in may have all that is locked. */
  readonly policy?: readonly ProxyRule[] | undefined;
  readonly gitlab: GitLab;
  readonly cache: Cache;
  readonly log: Log;
  /** How slow a client may be; what is left out has its default. */
  readonly pace?: Partial<ClientPace>;
  /** Connections that one other machine may have on each listener; 0: any number. */
  readonly peerConnections?: number | undefined;
  /** What is not as it should be, in words that anybody may read. */
  readonly notes?: () => readonly string[];
  /** Whoever can connect there sees what is locked and how it goes, and gets no byte of it. */
  readonly admin?: Pick<Facts, "watch" | "lockStates"> & {
    readonly listeners: readonly ListenAddress[];
    readonly metrics: Metrics;
  };
}
