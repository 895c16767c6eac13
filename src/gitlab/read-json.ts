import type { ZodType } from "zod";
import { readText } from "../read-text.js";
import { place, tokenSentence } from "./asked.js";
import type { Answer } from "./exchange.js";
import { brokenOff } from "./explain-network.js";
import { GitLabError } from "./gitlab-error.js";
import { signIn } from "./redirect.js";

/** A page of one hundred jobs has about two hundred kilobytes. */
const MAX_BYTES = 32 * 1024 * 1024;

/**
 * The JSON of an answer, parsed.
 *
 * @throws GitLabError when it is no JSON, or not of the expected shape
 */
export async function readJson<T>(answer: Answer, schema: ZodType<T>): Promise<T> {
  const text = await readAll(answer);
  if (answer.header("content-type")?.startsWith("text/html") === true) throw notJson(answer, text);
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw notJson(answer, text);
  }
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  const where = issue === undefined ? "" : ` at ${issue.path.join(".") || "the top"}: ${issue.message}`;
  throw unexpected(answer, `an unexpected shape${where}`);
}

async function readAll(answer: Answer): Promise<string> {
  const { asked, header, body } = answer;
  const { text, bytes, cut, failure } = await readText(body, MAX_BYTES);
  const declared = Number(header("content-length")) || undefined;
  if (failure !== undefined) throw brokenOff(asked, { bytes, declared }, failure) ?? failure;
  if (cut) throw unexpected(answer, `more than ${MAX_BYTES} bytes`);
  return text;
}

function notJson(answer: Answer, text: string): GitLabError {
  if (/users\/sign_in|id="new_user"/.test(text)) return signIn(answer.asked);
  const type = answer.header("content-type")?.split(";")[0] ?? "no content type";
  return unexpected(answer, `no JSON (${type})`);
}

function unexpected({ asked }: Answer, what: string): GitLabError {
  return new GitLabError(
    "GITLAB_UNEXPECTED_ANSWER",
    `${place(asked.url)} answered 200 with ${what}. ${tokenSentence(asked)}`,
    { status: 200, hint: `is ${asked.first.origin} the base URL of a GitLab instance?` },
  );
}
