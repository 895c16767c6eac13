/** A client for questions that several ask in one run, and whose answers may be those of its beginning. */
import type { ZodType } from "zod";
import type { GitLab } from "./gitlab.js";

/**
 * The same client, except that a question is sent once and everybody has its answer, or its failure. Lists are read as far as
 * somebody reads them. Downloads are not remembered.
 */
export function askedOnce(gitlab: GitLab): GitLab {
  const answers = new Map<ZodType, Map<string, unknown>>();
  const once = <T>(schema: ZodType, question: readonly unknown[], ask: () => T): T => {
    const known = answers.get(schema) ?? new Map<string, unknown>();
    answers.set(schema, known);
    const key = JSON.stringify(question);
    if (!known.has(key)) known.set(key, ask());
    return known.get(key) as T; // the key says which question it was, and the schema how it was parsed
  };
  return {
    get: (instance, path, schema, query) =>
      once(schema, ["get", instance, path, query], () => gitlab.get(instance, path, schema, query)),
    pages: (instance, path, item, query) =>
      once(item, ["pages", instance, path, query], () => replayed(gitlab.pages(instance, path, item, query))),
    query: (instance, query, variables, schema) =>
      once(schema, ["query", instance, query, variables], () =>
        gitlab.query(instance, query, variables, schema),
      ),
    download: (url, options) => gitlab.download(url, options),
    close: () => gitlab.close(),
  };
}

/** A list that any number of readers can begin to read, each at its own pace. */
function replayed<T>(items: AsyncIterable<T>): AsyncIterable<T> {
  const iterator = items[Symbol.asyncIterator]();
  const seen: Promise<IteratorResult<T>>[] = [];
  return {
    async *[Symbol.asyncIterator]() {
      for (let index = 0; ; index++) {
        const next = seen[index] ?? iterator.next();
        seen[index] = next;
        const { done, value } = await next;
        if (done === true) return;
        yield value;
      }
    },
  };
}
