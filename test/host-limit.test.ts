import { setImmediate } from "node:timers/promises";
import { expect, test } from "vitest";
import { limitPerHost } from "../src/host-limit.js";

test("each host has so many downloads at a time, in the order in which they were asked for", async () => {
  const limit = limitPerHost(2);
  const begun: string[] = [];
  const finish: (() => void)[] = [];
  const urls = [
    "https://a/1",
    "https://a/2",
    "https://a/3",
    "https://b/1",
    "https://b:8443/1",
    "https://a/4",
  ];
  const all = urls.map((url) =>
    limit(url, async () => {
      begun.push(url);
      await new Promise<void>((resolve) => finish.push(resolve));
    }),
  );
  await setImmediate();
  expect(begun).toEqual(["https://a/1", "https://a/2", "https://b/1", "https://b:8443/1"]);

  finish[0]?.();
  await setImmediate();
  expect(begun.slice(4)).toEqual(["https://a/3"]);

  for (let next = 1; next < urls.length; next++) {
    finish[next]?.();
    await setImmediate();
  }
  await Promise.all(all);
  expect(begun.at(-1)).toBe("https://a/4");
});
