import { expect, test } from "vitest";
import { z } from "zod";
import { askedOnce } from "../../src/gitlab/asked-once.js";
import type { GitLab } from "../../src/gitlab/gitlab.js";

const Numbers = z.int();

/** Counts what it is asked; lists have three items. */
function counting(): { gitlab: GitLab; asked: string[] } {
  const asked: string[] = [];
  const gitlab: GitLab = {
    get: (_instance, path, schema) => {
      asked.push(path.join("/"));
      return path.includes("broken") ? Promise.reject(new Error("broken")) : schema.parseAsync(asked.length);
    },
    async *pages(_instance, path, item) {
      for (let number = 1; number <= 3; number++) {
        asked.push(`${path.join("/")} ${number}`);
        yield item.parse(number);
      }
    },
    query: (_instance, query, _variables, schema) => schema.parseAsync(asked.push(query)),
    download: () => Promise.reject(new Error("not asked")),
    close: () => Promise.resolve(),
  };
  return { gitlab, asked };
}

test("the same question is sent once, another one and another shape of the answer by themselves", async () => {
  const { gitlab, asked } = counting();
  const once = askedOnce(gitlab);
  const get = (path: string, schema: z.ZodType = Numbers) => once.get("https://g.test", [path], schema);

  expect(await Promise.all([get("a"), get("a"), get("b"), get("a", z.number())])).toEqual([1, 1, 2, 3]);
  const page = (page: number) => once.get("https://g.test", ["c"], Numbers, { page });
  expect(await Promise.all([page(1), page(2), page(2)])).toEqual([4, 5, 5]);
  await Promise.all([1, 2].map(() => once.query("https://g.test", "q", {}, Numbers)));

  expect(asked).toEqual(["a", "b", "a", "c", "c", "q"]);
});

test("a failure is everybody's", async () => {
  const { gitlab, asked } = counting();
  const once = askedOnce(gitlab);
  const tries = [1, 2].map(() => once.get("https://g.test", ["broken"], Numbers));

  expect((await Promise.allSettled(tries)).map(({ status }) => status)).toEqual(["rejected", "rejected"]);
  expect(asked).toEqual(["broken"]);
});

test("a list is read as far as somebody reads it, and read again from the beginning without asking", async () => {
  const { gitlab, asked } = counting();
  const once = askedOnce(gitlab);
  const list = () => once.pages("https://g.test", ["list"], Numbers);
  const seen: number[] = [];
  for await (const number of list()) {
    seen.push(number);
    if (number === 2) break;
  }
  expect(asked).toEqual(["list 1", "list 2"]);

  for await (const number of list()) seen.push(number);

  expect(seen).toEqual([1, 2, 1, 2, 3]);
  expect(asked).toEqual(["list 1", "list 2", "list 3"]);
});
