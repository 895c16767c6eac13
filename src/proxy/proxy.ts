/**
 * BESIDE the pipeline: serves locked artifacts, and only verified bytes of them, to builds on this machine. It asks GitLab with
 * its own credentials, so that neither the derivation nor Nix needs any.
 */
import type { ProxyRule } from "../config/proxy-rule.js";
import type { GitLab } from "../gitlab/gitlab.js";
import type { Lock } from "../lock/schema.js";
import { handleAdmin } from "./admin/admin.js";
import type { Metrics } from "./admin/metrics.js";
import type { Facts } from "./admin/report.js";
import { type Authority, inject } from "./authority.js";
import type { Cache } from "./cache/cache.js";
import { type ClientPace, DEFAULT_PACE } from "./client-pace.js";
import { type HandlerOptions, handle } from "./handler.js";
import { clientCertificate } from "./client-certificate.js";
import { type Reach, reachOf } from "./listen.js";
import type { ListenAddress, Listener } from "./listener.js";
import type { Log } from "./log.js";
import { idToken } from "./id-token.js";
import { passthrough as askWithTokenOfCaller } from "./passthrough.js";
import { DEFAULT_PEER_CONNECTIONS } from "./peer-connections.js";
import type { Health } from "./probe.js";
import { createProjectPaths } from "./project-paths.js";
import { type Answer, type Running, startServer } from "./server.js";
import type { Tls } from "./tls.js";
import { type Upstream, createUpstream } from "./upstream.js";

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

export interface Proxy {
  /** Where it listens: a base URL without a trailing slash, or `unix:` and a path; in the order that was asked for. */
  readonly urls: readonly string[];
  /** Takes no more requests and lets running ones finish, for `graceMs` milliseconds at most. */
  close(graceMs?: number): Promise<void>;
}

const DEFAULT_GRACE_MS = 10_000;

/**
 * Starts the proxy on all its listeners, or on none.
 *
 * @throws UserError when an address is beyond its reach or cannot be listened on
 */
export async function startProxy(options: ProxyOptions): Promise<Proxy> {
  const upstream = createUpstream(options.gitlab);
  const running: Running[] = [];
  const state: State = { upstream, stopping: false, requests: 0 };
  const close = async (graceMs: number) => {
    await Promise.all(running.map((server) => server.close(graceMs)));
  };
  try {
    const { tls, log, peerConnections = DEFAULT_PEER_CONNECTIONS } = options;
    const { idleMs } = paceOf(options);
    const stopping = () => state.stopping;
    for (const { asked, ...face } of faces(options, state)) {
      running.push(await startServer(asked, { ...face, tls, idleMs, peerConnections, stopping, log }));
    }
  } catch (error) {
    await close(0);
    throw error;
  }
  const urls = running.map(({ url }) => url);
  for (const url of urls) options.log({ level: "info", event: "listening", url });
  return {
    urls,
    async close(graceMs = DEFAULT_GRACE_MS) {
      state.stopping = true;
      await close(graceMs);
      for (const url of urls) options.log({ level: "info", event: "closed", url });
    },
  };
}

interface State {
  readonly upstream: Upstream;
  stopping: boolean;
  /** Requests for artifacts that are being answered. */
  requests: number;
}

interface Face {
  readonly asked: ListenAddress;
  /** How to answer there, once its real port is known. */
  readonly answerAt: (listener: Listener) => Answer;
  readonly reach: Reach;
  readonly asksCertificate: boolean;
}

/** Every address to listen on. */
function* faces(options: ProxyOptions, state: State): Iterable<Face> {
  const { admin, cache, log } = options;
  const health = () => healthOf(options, state);
  const pace = paceOf(options);
  for (const [asked, authority] of authorities(options, state.upstream)) {
    yield {
      asked,
      answerAt: (listener) => counted(state, { ...options, pace, listener, authority, health }),
      reach: authority.name === "inject" ? "this machine" : reachOf(asked),
      asksCertificate: authority.name === "certificate",
    };
  }
  if (admin === undefined) return;
  const facts = { ...admin, cache, health, running: () => state.requests };
  for (const asked of admin.listeners) {
    yield {
      asked,
      answerAt: (listener) => (request, response) =>
        handleAdmin(request, response, { listener, facts, metrics: admin.metrics, log }),
      reach: "this machine",
      asksCertificate: false,
    };
  }
}

function paceOf({ pace }: ProxyOptions): ClientPace {
  return { ...DEFAULT_PACE, ...pace };
}

function counted(state: State, options: HandlerOptions): Answer {
  return async (request, response) => {
    state.requests++;
    await handle(request, response, options);
    state.requests--;
  };
}

function healthOf({ notes }: ProxyOptions, { upstream, stopping }: State): Health {
  const down = upstream.down();
  const wrong = [...(notes?.() ?? [])];
  if (down > 0) wrong.push(`GitLab instances that are down and left alone for a while: ${down}`);
  return { status: stopping ? "stopping" : wrong.length > 0 ? "degraded" : "ready", notes: wrong };
}

function* authorities(options: ProxyOptions, upstream: Upstream): Iterable<[ListenAddress, Authority]> {
  const { listeners, passthrough, idTokens, certificates, tls } = options;
  const questions = { upstream, paths: createProjectPaths(options.gitlab) };
  for (const listener of listeners) yield [listener, inject(questions)];
  if (idTokens !== undefined) {
    const authority = idToken({ ...idTokens, ...questions });
    for (const listener of idTokens.listeners) yield [listener, authority];
  }
  if (certificates !== undefined) {
    if (tls === undefined) throw new Error("client certificates are shown over TLS");
    const authority = clientCertificate(tls, questions);
    for (const listener of certificates.listeners) yield [listener, authority];
  }
  if (passthrough === undefined) return;
  const authority = askWithTokenOfCaller({ ...questions, origin: passthrough.origin });
  for (const listener of passthrough.listeners) yield [listener, authority];
}
