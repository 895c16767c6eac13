/**
 * One question to GitLab as an OAuth provider. Source: GitLab documentation, "OAuth 2.0 identity provider API"; RFC 6749 §5.
 * Redirects are not followed: a login belongs to one origin.
 */
import { Agent, request } from "undici";
import { type ZodType, z } from "zod";
import { UserError } from "../errors.js";
import { excerpt } from "../redact.js";
import { isTransientStatus } from "../transient-status.js";

const TIMEOUT_MS = 30_000;
const ANSWER_TIMEOUT_MS = 60_000;
/** An answer has two tokens at most. */
const MAX_BYTES = 64 * 1024;
/** The rest of a longer answer is given up together with the connection. */
const agent = new Agent({ maxResponseSize: MAX_BYTES });

/** An application of an instance. */
export interface OAuthClient {
  /** Base URL without a trailing slash. */
  readonly instance: string;
  /** Its "Application ID". */
  readonly clientId: string;
  readonly patience?: Patience | undefined;
}

/** How long to wait for an instance, and how often to ask it again. */
export interface Patience {
  /** Milliseconds until an answer begins, and between two parts of it, default 30,000; and until it is there as a whole, default 60,000. */
  readonly timeouts?: { readonly headers?: number; readonly stall?: number; readonly answer?: number };
  readonly retry?: {
    /** Attempts after the first; default 2. */
    readonly retries?: number;
    /** Default 500; it doubles each time. */
    readonly firstPauseMs?: number;
  };
}

const Refusal = z.object({ error: z.string(), error_description: z.string().optional() });
type Refusal = z.output<typeof Refusal>;

export type Answer = { readonly body: unknown } | Refusal;

/** A failure after which the same question may be answered in a moment. */
class PassingFailure extends UserError {}

/** Sends a question that does no harm when it arrives twice, again while the instance is only out of order. */
export async function persistently<T>(
  { patience }: OAuthClient,
  send: () => Promise<T>,
  { pauseMs, signal }: { readonly pauseMs?: number; readonly signal?: AbortSignal } = {},
): Promise<T> {
  const { retries = 2, firstPauseMs = 500 } = patience?.retry ?? {};
  const { default: pRetry } = await import("p-retry");
  return pRetry(send, {
    retries,
    minTimeout: pauseMs ?? firstPauseMs,
    shouldRetry: ({ error }) => error instanceof PassingFailure,
    ...(signal === undefined ? {} : { signal }),
  });
}

export function post(
  client: OAuthClient,
  path: string,
  form: Readonly<Record<string, string>>,
): Promise<Answer> {
  return exchange(client, path, {
    method: "POST",
    headers: { "content-type": "application/x-www-form-urlencoded" },
    body: new URLSearchParams(form).toString(),
  });
}

interface Sending {
  readonly method?: "POST";
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string;
}

/** @throws UserError when there is no answer, or none yet */
export async function exchange(client: OAuthClient, path: string, sending: Sending): Promise<Answer> {
  const { status, retryAfter, text } = await send(client, path, sending);
  const answer = jsonOf(text);
  if (status === 200) return { body: answer };
  if (isTransientStatus(status)) throw unavailable(client, status, retryAfter);
  const refusal = Refusal.safeParse(answer);
  return refusal.success ? refusal.data : { error: `status ${status}` };
}

async function send(client: OAuthClient, path: string, { method, headers, body }: Sending) {
  const { timeouts = {} } = client.patience ?? {};
  try {
    const response = await request(`${client.instance}/oauth/${path}`, {
      dispatcher: agent,
      method: method ?? "GET",
      headers: { accept: "application/json", ...headers },
      body: body ?? null,
      headersTimeout: timeouts.headers ?? TIMEOUT_MS,
      bodyTimeout: timeouts.stall ?? TIMEOUT_MS,
      signal: AbortSignal.timeout(timeouts.answer ?? ANSWER_TIMEOUT_MS),
    });
    const retryAfter = response.headers["retry-after"];
    return { status: response.statusCode, retryAfter, text: await response.body.text() };
  } catch (error) {
    throw unreachable(client, error);
  }
}

/** Checks what an answer says. */
export function parse<T>(client: OAuthClient, schema: ZodType<T>, body: unknown): T {
  const parsed = schema.safeParse(body);
  if (parsed.success) return parsed.data;
  throw unexpected(client, `an unexpected answer at ${parsed.error.issues[0]?.path.join(".") || "the top"}`);
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

export function refused(client: OAuthClient, { error, error_description: said = "" }: Refusal): UserError {
  return unexpected(client, excerpt(`${error} ${said}`));
}

export function unexpected({ instance }: OAuthClient, what: string): UserError {
  return new UserError("OAUTH_UNEXPECTED_ANSWER", `${instance} answered the login with: ${what}.`, {
    hint: "the device flow needs GitLab 17.3 or newer; a personal token works with any: artifacts auth login --with-token",
  });
}

/** @param retryAfter the header of that name: whoever is told a time has no use for two more refusals before it */
function unavailable({ instance }: OAuthClient, status: number, retryAfter: unknown): UserError {
  const kind = retryAfter === undefined || retryAfter === "0" ? PassingFailure : UserError;
  const message = `${instance} answered the login with: status ${status}.`;
  return new kind("OAUTH_UNAVAILABLE", message, { hint: "run the command again later" });
}

/** Codes of Node's and undici's errors that another attempt may not meet. */
const PASSING =
  /^(EAI_AGAIN|ECONNREFUSED|ECONNRESET|EPIPE|ETIMEDOUT|UND_ERR_SOCKET|UND_ERR_\w+_TIMEOUT|UND_ERR_RES_CONTENT_LENGTH_MISMATCH)$/;

function unreachable(client: OAuthClient, cause: unknown): UserError {
  const code = codeOf(cause);
  if (code === "UND_ERR_RES_EXCEEDED_MAX_SIZE") return unexpected(client, `more than ${MAX_BYTES} bytes`);
  const kind = PASSING.test(code) ? PassingFailure : UserError;
  return new kind("OAUTH_UNREACHABLE", `${client.instance} is out of reach: ${code}.`, {
    hint: `check the address ${client.instance} and the network`,
    cause,
  });
}

function codeOf(cause: unknown): string {
  if (!(cause instanceof Error)) return "no answer";
  if (cause.name === "TimeoutError") return "no whole answer in time"; // of `AbortSignal.timeout`
  return "code" in cause ? String(cause.code) : "no answer";
}
