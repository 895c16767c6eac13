/**
 * Credential helpers in the protocol of Bazel: `helper get` reads `{"uri": …}` and prints `{"headers": {NAME: [VALUE]},
 * "expires": …}` (https://github.com/EngFlow/credential-helper-spec). The user's settings say which instance has which
 * helper, so that its answer goes there and nowhere else.
 */
import { basename } from "node:path";
import { z } from "zod";
import { UserError } from "../errors.js";
import { type Finished, runProgram } from "../program.js";
import { excerpt } from "../redact.js";
import type { Credential } from "./credentials.js";
import { type Settings, settingsFor } from "./settings.js";
import type { Environment, Source } from "./source.js";
import { withoutTokens } from "./child-environment.js";

/** Bazel's own default. */
const TIMEOUT_MS = 10_000;
const MAX_BYTES = 64 * 1024;

/**
 * Headers that say how a request is sent or where it goes. A helper may add credentials, also those of a gateway before
 * GitLab, but may not turn a request into one for somebody else.
 */
const NOT_A_HELPERS =
  /^(?:host|connection|keep-alive|te|trailer|transfer-encoding|content-.*|upgrade|expect|via|range|if-.*|accept.*|user-agent|forwarded|x-forwarded-.*|proxy-connection)$/;

const Reply = z.object({
  uri: z.url().optional(),
  headers: z.record(
    z.string().regex(/^[A-Za-z0-9!#$%&'*+.^_`|~-]+$/, "not a header name (RFC 9110 §5.1)"),
    z.tuple([z.string().regex(/^[\x20-\x7e]+$/, "not a header value")]),
  ),
  expires: z.iso.datetime({ offset: true }).optional(),
});

export interface HelperOptions {
  readonly env: Environment;
  readonly settings: () => Promise<Settings>;
  readonly timeoutMs?: number;
}

/** The helpers of the user's settings. Each is asked for the URL prefix that it stands under, so one answer serves all below. */
export function helperSource({ env, settings, timeoutMs = TIMEOUT_MS }: HelperOptions): Source {
  return {
    async find(url) {
      const found = settingsFor(await settings(), url);
      if (found?.instance.helper === undefined) return undefined;
      const [program, ...args] = found.instance.helper;
      const source = `the credential helper ${basename(program)}`;
      const finished = await runProgram(program, [...args, "get"], {
        env: withoutTokens(env),
        input: JSON.stringify({ uri: found.prefix.href }),
        timeoutMs,
        maxBytes: MAX_BYTES,
      });
      if (finished === undefined) throw failed(source, `cannot be started: ${program}`);
      return { credential: credentialOf(source, requireAnswer(source, finished, timeoutMs), found.prefix) };
    },
  };
}

function requireAnswer(source: string, finished: Finished, timeoutMs: number): string {
  const { code, stdout, stderr, ended } = finished;
  if (ended === "timeout") throw failed(source, `gave no answer within ${timeoutMs / 1000} s`, stderr);
  if (ended === "flood") throw failed(source, `printed more than ${MAX_BYTES} bytes`);
  if (code !== 0) throw failed(source, `failed with exit code ${code ?? "none"}`, stderr);
  return stdout;
}

function credentialOf(source: string, text: string, prefix: URL): Credential {
  const reply = Reply.safeParse(jsonOf(text));
  if (!reply.success) {
    const [issue] = reply.error.issues;
    const where = issue === undefined || issue.path.length === 0 ? "" : ` at ${String(issue.path[0])}`;
    throw failed(source, `did not print an object with "headers"${where}`);
  }
  const { uri, headers, expires } = reply.data;
  if (uri !== undefined && new URL(uri).origin !== prefix.origin) {
    throw failed(source, `answered for ${new URL(uri).origin} when it was asked for ${prefix.origin}`);
  }
  const lower = Object.entries(headers).map(([name, [value]]) => [name.toLowerCase(), value] as const);
  const foreign = lower.find(([name]) => NOT_A_HELPERS.test(name));
  if (foreign !== undefined)
    throw failed(source, `wants to set the header "${foreign[0]}", which is not for it to set`);
  return {
    headers: Object.fromEntries(lower),
    source,
    ...(expires === undefined ? {} : { expiresAt: new Date(expires) }),
  };
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function failed(source: string, what: string, stderr = ""): UserError {
  const said = excerpt(stderr);
  const sentence = `${source[0]?.toUpperCase() ?? ""}${source.slice(1)} ${what}`;
  return new UserError(
    "CREDENTIALS_HELPER_FAILED",
    said === "" ? `${sentence}.` : `${sentence}; it said: ${said}`,
    {
      hint: `try it: echo '{"uri":"https://gitlab.example.com/"}' | HELPER get`,
    },
  );
}
