import { afterEach, expect, it } from "vitest";
import { type LentBuffer, lendBuffer } from "../../../src/proxy/cache/lent-buffers.js";

const GIB = 2 ** 30;
const MIB = 2 ** 20;

const lent: LentBuffer[] = [];
afterEach(() => {
  for (const { release } of lent.splice(0)) release();
});

/** What all of these hold, in bytes. */
function lend(count: number, bytes = GIB): number {
  for (let number = 0; number < count; number++) lent.push(lendBuffer(bytes));
  return lent.reduce((sum, { buffer }) => sum + buffer.length, 0);
}

it("who is alone has a big buffer, and never more than what was asked for", () => {
  expect(lend(1)).toBe(128 * 1024);
  expect(lend(1, 1000)).toBe(128 * 1024 + 1000);
});

it("hundreds have little more than a few have, and as many as there can be still have some", () => {
  expect(lend(100)).toBeLessThanOrEqual(13 * MIB);
  expect(lend(400)).toBeLessThanOrEqual(20 * MIB);
  expect(lend(7692)).toBeLessThanOrEqual(144 * MIB);
  expect(lent.at(-1)?.buffer.length).toBe(16 * 1024);
});

it("the next have big ones again when the others are over", () => {
  lend(500);
  for (const { release } of lent.splice(0)) release();
  expect(lend(1)).toBe(128 * 1024);
});
