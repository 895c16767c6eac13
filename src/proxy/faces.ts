/** Where a proxy listens, and what is answered there. */
import { handleAdmin } from "./admin/admin.js";
import { type Authority, inject } from "./authority.js";
import { clientCertificate } from "./client-certificate.js";
import type { ClientPace } from "./client-pace.js";
import { type HandlerOptions, handle } from "./handler.js";
import { type State, healthOf } from "./health.js";
import { idToken } from "./id-token.js";
import { type Reach, reachOf } from "./listen.js";
import type { ListenAddress, Listener } from "./listener.js";
import type { ProxyOptions } from "./options.js";
import { passthrough as askWithTokenOfCaller } from "./passthrough.js";
import { createProjectPaths } from "./project-paths.js";
import type { Answer } from "./server.js";
import type { Upstream } from "./upstream.js";

export interface Face {
  readonly asked: ListenAddress;
  /** How to answer there, once its real port is known. */
  readonly answerAt: (listener: Listener) => Answer;
  readonly reach: Reach;
  readonly asksCertificate: boolean;
}

export interface FaceOptions extends ProxyOptions {
  readonly pace: ClientPace;
}

/** Every address to listen on. */
export function* facesOf(options: FaceOptions, state: State): Iterable<Face> {
  const { admin, cache, log } = options;
  const health = () => healthOf(state, options.notes?.() ?? []);
  for (const [asked, authority] of authorities(options, state.upstream)) {
    yield {
      asked,
      answerAt: (listener) => counted(state, { ...options, listener, authority, health }),
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

function counted(state: State, options: HandlerOptions): Answer {
  return async (request, response) => {
    state.requests++;
    await handle(request, response, options);
    state.requests--;
  };
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
