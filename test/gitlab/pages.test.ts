import { describe, expect, test } from "vitest";
import { z } from "zod";
import { ANONYMOUS } from "../../src/credentials/credentials.js";
import { nextPage } from "../../src/gitlab/next-page.js";
import { sendJson, serve } from "./http-server.js";
import { canaryFor, collect, connect, failure } from "./test-client.js";

describe("the next page", () => {
  const current = new URL("https://gitlab.example.com/api/v4/jobs?page=1&per_page=2");

  test.each([
    ['<https://gitlab.example.com/api/v4/jobs?page=2>; rel="next"', "?page=2"],
    [
      '<https://x/?page=0>; rel="prev", <https://x/?page=2>; rel="next", <https://x/?page=9>; rel="last"',
      "?page=2",
    ],
    ['<https://x/a,b?cursor=a%2Cb&q=a;b>; title="x"; rel="next"', "?cursor=a%2Cb&q=a;b"],
    ["<?page=2>; rel=next", "?page=2"],
  ])("of %s is the query %s of our own address", (link, query) => {
    const next = nextPage(current, (name) => (name === "link" ? link : undefined));
    expect(next?.href).toBe(`https://gitlab.example.com/api/v4/jobs${query}`);
  });

  test.each(["", '<https://x/?page=2>; rel="last"', "<https://x/?page=2>", '<>; rel="nextish"'])(
    "is not in %j",
    (link) => {
      expect(nextPage(current, (name) => (name === "link" ? link : undefined))).toBeUndefined();
    },
  );

  test("is counted when there is no link, and keeps the rest of the query", () => {
    const next = nextPage(current, (name) => (name === "x-next-page" ? "2" : undefined));
    expect(next?.search).toBe("?page=2&per_page=2");
    expect(nextPage(current, (name) => (name === "x-next-page" ? "" : undefined))).toBeUndefined();
  });

  test("is never the same page again", () => {
    const link = '<https://x/?page=1&per_page=2>; rel="next"';
    expect(nextPage(current, (name) => (name === "link" ? link : undefined))).toBeUndefined();
  });
});

describe("a list", () => {
  test("whose links name another origin is read from ours, and the token stays here", async () => {
    const elsewhere = await serve((_, response) => sendJson(response, []));
    const server = await serve((request, response) => {
      const last = request.url?.includes("page=2") === true;
      const link = `<${elsewhere.url}/stolen?page=2>; rel="next"`;
      sendJson(response, last ? [3] : [1, 2], last ? {} : { headers: { link } });
    });
    const gitlab = connect({ credentials: canaryFor(server.url) });
    const items = await collect(gitlab.pages(server.url, ["jobs"], z.number()));
    expect(items).toEqual([1, 2, 3]);
    expect(elsewhere.requests).toHaveLength(0);
    expect(server.requests.map(({ url }) => url)).toEqual([
      "/api/v4/jobs?per_page=100",
      "/api/v4/jobs?page=2",
    ]);
  });

  test("is read only as far as it is wanted", async () => {
    const server = await serve((_, response) => {
      sendJson(response, [1], { headers: { "x-next-page": "2" } });
    });
    for await (const item of connect({ credentials: ANONYMOUS }).pages(server.url, ["jobs"], z.number())) {
      expect(item).toBe(1);
      break;
    }
    expect(server.requests).toHaveLength(1);
  });

  test("without end is given up", async () => {
    let page = 0;
    const server = await serve((_, response) => {
      sendJson(response, [], { headers: { "x-next-page": String(++page + 1) } });
    });
    const gitlab = connect({ credentials: ANONYMOUS });
    const error = await failure(collect(gitlab.pages(server.url, ["jobs"], z.number())));
    expect(error.message).toContain("goes on after 1000 pages");
  });

  test("that fails on a later page fails as a whole", async () => {
    const server = await serve((request, response) => {
      if (request.url?.includes("page=2")) return sendJson(response, { message: "403" }, { status: 403 });
      return sendJson(response, [1], { headers: { "x-next-page": "2" } });
    });
    const gitlab = connect({ credentials: ANONYMOUS });
    const error = await failure(collect(gitlab.pages(server.url, ["jobs"], z.number())));
    expect(error.status).toBe(403);
  });
});
