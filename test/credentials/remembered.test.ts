import { expect, test } from "vitest";
import type { Credential } from "../../src/credentials/credentials.js";
import { remembered } from "../../src/credentials/remembered.js";

const URL_HERE = new URL("https://gitlab.example.com/");

/** A source that gives another token each time. */
function counting(expiresAt?: Date) {
  let asked = 0;
  const source = {
    find: () => {
      asked += 1;
      const credential: Credential = {
        headers: { a: String(asked) },
        source: "s",
        ...(expiresAt && { expiresAt }),
      };
      return Promise.resolve({ credential });
    },
  };
  return { source, asked: () => asked };
}

test("refusals that come at the same moment ask the source once", async () => {
  const { source, asked } = counting();
  const memory = remembered(source, (url) => url.origin, Date.now);
  const first = await memory.find(URL_HERE);
  const refused = first !== undefined && "credential" in first ? first.credential : undefined;

  const renewed = await Promise.all(Array.from({ length: 10 }, () => memory.find(URL_HERE, refused)));

  expect(asked()).toBe(2);
  expect(new Set(renewed.map((found) => JSON.stringify(found))).size).toBe(1);
});

test("an answer without an end is asked for again after half an hour", async () => {
  let now = 0;
  const { source, asked } = counting();
  const memory = remembered(
    source,
    (url) => url.origin,
    () => now,
  );
  await memory.find(URL_HERE);
  now = 29 * 60_000;
  await memory.find(URL_HERE);
  expect(asked()).toBe(1);
  now = 31 * 60_000;
  await memory.find(URL_HERE);
  expect(asked()).toBe(2);
});
