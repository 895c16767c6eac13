/**
 * The REST API of the simulated instance, and the few web pages that get in the way of its clients.
 * Here: the answer to a request, by rate limit, faults, route, credentials, handler, in this order.
 */
import { answerOf, bodyFaultOf, changedBy, concernsBytes, type Fault, type Faults } from "../http/faults.js";
import { RateLimiter } from "../http/rate-limit.js";
import { Refusal, html, json, text, type Reply } from "../http/reply.js";
import type { RecordedRequest } from "../http/recording.js";
import type { Answer } from "../http/answer.js";
import type { HttpRequest } from "../http/request.js";
import type { Answering } from "../http/server.js";
import { authenticate, presentedToken } from "./authenticate.js";
import type { Instance } from "./exchange.js";
import { router } from "./router.js";
import { ROUTES } from "./routes.js";

export interface ApiOptions {
  readonly instance: Instance;
  readonly faults: Faults;
  /** Gets every request, in order of arrival. */
  readonly record: RecordedRequest[];
}

const findRoute = router(ROUTES);

export function answerApi({ instance, faults, record }: ApiOptions): Answering {
  const limiter = new RateLimiter(instance.knobs, instance.now);
  return async (request) => {
    const presented = presentedToken(request);
    const name = presented && instance.state.tokens.get(presented.secret)?.name;
    const recorded = recordRequest(record, request, presented && { header: presented.header, name });
    const { headers, refused } = limiter.observe(name);
    const answer =
      refused === undefined
        ? await answerWithFaults(instance, faults, request)
        : { reply: refused, fault: undefined };
    recorded.status = isCutOff(answer) ? undefined : answer.reply.status;
    return { ...answer, reply: { ...answer.reply, headers: { ...headers, ...answer.reply.headers } } };
  };
}

function recordRequest(
  record: RecordedRequest[],
  { method, target: path, headers }: HttpRequest,
  token: RecordedRequest["token"],
): { status: number | undefined } {
  const recorded = { method, path, token, status: undefined, headers };
  record.push(recorded);
  return recorded;
}

async function answerWithFaults(instance: Instance, faults: Faults, request: HttpRequest): Promise<Answer> {
  const fault = faults.take("api", request);
  if (fault === undefined) return { reply: await reply(instance, request), fault };
  if (concernsBytes(fault)) return answerWithSpoiltBytes(instance, faults, { fault, request });
  const answered = answerOf(fault, request, instance.now());
  if (answered !== undefined) return { reply: answered, fault: undefined };
  return { reply: changedBy(fault, await reply(instance, request)), fault: bodyFaultOf(fault) };
}

/** A fault of the bytes hits them where they are: here, or at the storage that the reply redirects to. */
async function answerWithSpoiltBytes(
  instance: Instance,
  faults: Faults,
  { fault, request }: { fault: Fault; request: HttpRequest },
): Promise<Answer> {
  const sound = await reply(instance, request);
  const { Location: location } = sound.headers;
  if (location?.startsWith(instance.storage.url)) {
    faults.follow(fault, new URL(location));
    return { reply: sound, fault: undefined };
  }
  return { reply: answerOf(fault, request, instance.now()) ?? sound, fault: bodyFaultOf(fault) };
}

function isCutOff({ fault }: Answer): boolean {
  if (fault?.kind === "silent") return true;
  return fault?.kind === "reset" && fault.afterBytes === undefined;
}

async function reply(instance: Instance, request: HttpRequest): Promise<Reply> {
  try {
    return await route(instance, request);
  } catch (error) {
    if (error instanceof Refusal) return error.reply;
    throw error;
  }
}

async function route(instance: Instance, request: HttpRequest): Promise<Reply> {
  if (!request.path.startsWith("/api/")) {
    const keys = request.method === "GET" ? instance.idTokens.answer(request.path, instance.url) : undefined;
    return keys ?? instance.oauth.answer(request, instance.url) ?? webPage(instance, request);
  }
  if (request.path === "/api/graphql" && instance.knobs.graphql) return graphql(instance, request);
  const found = findRoute(request.method, request.path, instance.knobs);
  if (found === undefined) return json({ error: "404 Not Found" }, 404);
  if (found === "wrong method") return json({ error: "405 Not Allowed" }, 405);
  const caller = authenticate(instance, request, found.route);
  return found.route.handler({ instance, request, params: found.params, caller });
}

/** Job tokens do not open it, and every token that does not is told so in its own words. Queries want `read_api`, although they are posted. */
async function graphql(instance: Instance, request: HttpRequest): Promise<Reply> {
  if (request.method !== "POST") return json({ error: "404 Not Found" }, 404);
  const { answerGraphql } = await import("../graphql/answer.js");
  if (presentedToken(request)?.kind === "job") return INVALID_TOKEN;
  try {
    const caller = authenticate(instance, request, { ...GRAPHQL, handler: answerGraphql });
    return await answerGraphql({ instance, request, params: {}, caller });
  } catch (error) {
    if (error instanceof Refusal && error.reply.status === 401) return INVALID_TOKEN;
    throw error;
  }
}

const INVALID_TOKEN = json({ errors: [{ message: "Invalid token" }] }, 401);
const GRAPHQL = { method: "GET", path: "/graphql", login: "optional", jobToken: "never" } as const;

/** Pages for people want a session, which a token is not. */
function webPage({ url }: Instance, { path }: HttpRequest): Reply {
  if (path === "/users/sign_in") return html(200, "<h1>GitLab</h1><p>Sign in to continue.</p>");
  return text(302, "", { "Content-Type": "text/html", Location: `${url}/users/sign_in` });
}
