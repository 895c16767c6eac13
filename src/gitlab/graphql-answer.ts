import { z, type ZodType } from "zod";
import { place, quote, tokenSentence } from "./asked.js";
import type { Answer } from "./exchange.js";
import { GitLabError } from "./gitlab-error.js";

/** https://spec.graphql.org/October2021/#sec-Response-Format */
export const GraphqlAnswer = z.object({
  data: z.unknown().optional(),
  errors: z.array(z.object({ message: z.string() })).nullish(),
});

/**
 * The data of an answer.
 *
 * @throws GitLabError `GITLAB_BAD_REQUEST` with the first of its errors, or when the data has another shape
 */
export function dataOf<T>(
  { data, errors }: z.infer<typeof GraphqlAnswer>,
  { asked }: Answer,
  schema: ZodType<T>,
): T {
  const [error] = errors ?? [];
  const parsed = schema.safeParse(data);
  if (error === undefined && parsed.success) return parsed.data;
  const what =
    error === undefined ? "data of an unexpected shape" : `the error "${quote(error.message, asked)}"`;
  throw new GitLabError(
    "GITLAB_BAD_REQUEST",
    `${place(asked.url)} answered with ${what}. ${tokenSentence(asked)}`,
    { status: 200 },
  );
}
