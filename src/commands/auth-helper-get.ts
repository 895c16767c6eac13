/**
 * `artifacts auth helper get`: the other end of Bazel's protocol, so that other programs can use the credentials that we find
 * (https://github.com/EngFlow/credential-helper-spec).
 */
import { z } from "zod";
import { UserError } from "../errors.js";
import type { Run } from "./command.js";
import { openCredentials } from "./open-credentials.js";

const Question = z.object({ uri: z.url({ protocol: /^https?$/ }) });

export const run: Run<object> = async (_names, _options, context) => {
  const question = Question.safeParse(jsonOf(await context.readInput()));
  if (!question.success) {
    throw new UserError("HELPER_BAD_QUESTION", 'expected {"uri": "https://…"} on stdin', { exitCode: 2 });
  }
  const { uri } = question.data;
  // stdin holds the question, so nobody can be asked.
  const credential = await openCredentials({ ...context, confirm: undefined }).for(new URL(uri));
  if (credential === undefined) {
    throw new UserError("HELPER_NO_CREDENTIAL", `no credential is known for ${new URL(uri).origin}`, {
      hint: `artifacts auth login ${new URL(uri).origin}`,
    });
  }
  const headers = Object.fromEntries(
    Object.entries(credential.headers).map(([name, value]) => [name, [value]]),
  );
  const data = {
    headers,
    ...(credential.expiresAt === undefined ? {} : { expires: credential.expiresAt.toISOString() }),
  };
  return { data, text: JSON.stringify(data) };
};

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
