import { mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { filesWith } from "../../src/demo/leak-search.js";

const SECRET = "glpat-Zx81kQm7Lw20Vt5Rb/3+";
const base64 = (text: string) => Buffer.from(text).toString("base64");

test.each([
  ["as it is", `token: ${SECRET}\n`],
  ["without its prefix", SECRET.slice(6)],
  ["split over two lines", `${SECRET.slice(0, 16)}\n${SECRET.slice(16)}`],
  ["percent-encoded", encodeURIComponent(SECRET)],
  ["as hex", Buffer.from(SECRET).toString("hex")],
  ["as hex in capitals", Buffer.from(SECRET).toString("hex").toUpperCase()],
  ["in base64 for URLs", Buffer.from(`?${SECRET}~`).toString("base64url")],
  ["as a password of Basic auth", base64(`me:${SECRET}`)],
  ["in base64 after one more byte", base64(`m:${SECRET}`)],
  ["in base64 after two more bytes", base64(`:${SECRET}`)],
  ["between other bytes", `\0\x01\xff${SECRET}\0`],
])("a secret is found %s", async (_, text) => {
  const file = join(mkdtempSync(join(tmpdir(), "leak-")), "file");
  writeFileSync(file, text, "latin1");
  expect(await filesWith(SECRET, [file])).toEqual([file]);
});

test("its prefix and other tokens are no leak", async () => {
  const file = join(mkdtempSync(join(tmpdir(), "leak-")), "file");
  writeFileSync(file, "glpat-0000000000 and Zx81kQm");
  expect(await filesWith(SECRET, [file])).toEqual([]);
});
