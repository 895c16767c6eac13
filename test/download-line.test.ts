import { setImmediate } from "node:timers/promises";
import { expect, test } from "vitest";
import { DownloadLine, type Waiting } from "../src/download-line.js";

const HOST = "https://gitlab.example.com";

/** Puts all into the line at once; `finish` ends the one that began as the n-th. */
function start(waiting: readonly Waiting[]) {
  const line = new DownloadLine<Waiting>();
  const begun: string[] = [];
  const ends: (() => void)[] = [];
  for (const one of waiting) line.add(one);
  const turns = waiting.map((one) =>
    line.turn(one, async ({ url }) => {
      begun.push(url);
      await new Promise<void>((resolve) => ends.push(resolve));
    }),
  );
  const finish = async (n: number) => {
    ends[n]?.();
    await setImmediate();
  };
  return { line, begun, finish, turns };
}

function many(count: number, of: (n: number) => Omit<Waiting, "url">, host = HOST): Waiting[] {
  return Array.from({ length: count }, (_, n) => ({ url: `${host}/${n}`, ...of(n) }));
}

test("of each host eight big ones run, and the biggest that waits is next", async () => {
  const big = many(10, (n) => ({ size: n, small: false }));
  const elsewhere = { url: "https://other.example.com/0", size: 1, small: false };
  const { begun, finish } = start([...big, elsewhere]);
  await setImmediate();
  expect(begun).toEqual([9, 8, 7, 6, 5, 4, 3, 2].map((n) => `${HOST}/${n}`).concat(elsewhere.url));

  await finish(3);
  expect(begun.at(-1)).toBe(`${HOST}/1`);
});

test("small ones do not stand behind big ones, and more of them run at a time", async () => {
  const big = many(20, () => ({ size: undefined, small: false }), "https://gitlab.example.com/big");
  const small = many(40, () => ({ size: 1, small: true }));
  const { begun, finish } = start([...big, ...small]);
  await setImmediate();
  expect(begun.filter((url) => url.includes("/big/"))).toHaveLength(8);
  expect(begun).toHaveLength(8 + 32);

  await finish(20);
  expect(begun.at(-1)).toBe(`${HOST}/32`);
});

test("one that waits is found, and none that has its turn or was sent away", async () => {
  const { line, finish, turns } = start(many(10, (n) => ({ size: n, small: false })));
  await setImmediate();
  expect(line.find(`${HOST}/0`)?.size).toBe(0);
  expect(line.find(`${HOST}/9`)).toBeUndefined();

  line.clear();
  expect(line.find(`${HOST}/0`)).toBeUndefined();
  for (let n = 0; n < 8; n++) await finish(n);
  expect((await Promise.all(turns)).filter((made) => made !== undefined)).toEqual([]);
});
