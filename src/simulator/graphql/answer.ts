import { type DocumentNode, execute, parse, validate } from "graphql";
import { z } from "zod";
import { json, type Reply } from "../http/reply.js";
import type { Exchange } from "../api/exchange.js";
import { complexityOf } from "./complexity.js";
import { ROOT } from "./resolvers.js";
import { SCHEMA } from "./schema.js";

const Body = z.object({ query: z.string(), variables: z.record(z.string(), z.unknown()).nullish() });

/** Characters of a query; GitLab documentation, "GraphQL API: Limits", as are the points below. */
const MAX_QUERY = 10_000;
const MAX_FOR_STRANGERS = 200;

/** POST `/api/graphql`. What is wrong with a query is told in `errors` of a 200. */
export async function answerGraphql(exchange: Exchange): Promise<Reply> {
  const body = Body.safeParse(jsonOf(exchange.request.body));
  if (!body.success) return failed("Unexpected end of document");
  const { query, variables } = body.data;
  if (query.length > MAX_QUERY) return failed("Query too large");
  const document = parsed(query);
  if (typeof document === "string") return failed(document);
  const problem = problemOf(document, exchange);
  if (problem !== undefined) return failed(problem);
  const result = await execute({
    schema: SCHEMA,
    document,
    rootValue: ROOT,
    contextValue: exchange,
    variableValues: variables ?? {},
  });
  return json(result);
}

function problemOf(document: DocumentNode, { caller, instance }: Exchange): string | undefined {
  const [invalid] = validate(SCHEMA, document);
  if (invalid !== undefined) return invalid.message;
  const complexity = complexityOf(document);
  const { graphqlComplexity } = instance.knobs;
  const max = caller === undefined ? Math.min(MAX_FOR_STRANGERS, graphqlComplexity) : graphqlComplexity;
  return complexity > max
    ? `Query has complexity of ${complexity}, which exceeds max complexity of ${max}`
    : undefined;
}

function failed(message: string): Reply {
  return json({ errors: [{ message }] });
}

function parsed(query: string): DocumentNode | string {
  try {
    return parse(query);
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
