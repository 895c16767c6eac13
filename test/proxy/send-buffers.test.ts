import { afterEach, expect, it } from "vitest";
import { type SendBuffers, lendBuffers } from "../../src/proxy/send-buffers.js";

const GIB = 2 ** 30;
const MIB = 2 ** 20;

const lent: SendBuffers[] = [];
afterEach(() => {
  for (const buffers of lent.splice(0)) buffers.release();
});

/** What all of these hold, in bytes. */
function lend(answers: number, bytes = GIB): number {
  for (let answer = 0; answer < answers; answer++) lent.push(lendBuffers(bytes));
  return lent.reduce((sum, { filling, sending }) => sum + filling.length + sending.length, 0);
}

it("an answer that is alone has big buffers, and a small one no bigger than itself", () => {
  expect(lend(1)).toBe(256 * 1024);
  expect(lend(1, 1000)).toBe(256 * 1024 + 2000);
});

it("hundreds of answers have little more than a few have, and as many as there can be still have some", () => {
  expect(lend(100)).toBeLessThanOrEqual(25 * MIB);
  expect(lend(400)).toBeLessThanOrEqual(40 * MIB);
  expect(lend(3596)).toBeLessThanOrEqual(160 * MIB);
  expect(lent.at(-1)?.filling.length).toBe(16 * 1024);
});

it("the next answers have big ones again when the others are over", () => {
  lend(500);
  for (const buffers of lent.splice(0)) buffers.release();
  expect(lend(1)).toBe(256 * 1024);
});
