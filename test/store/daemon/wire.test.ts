import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  ConnectionEnded,
  MAX_STRING_BYTES,
  type WireReader,
  wireNumber,
  wireReader,
  wireString,
  wireStrings,
} from "../../../src/store/daemon/wire.js";

/** A reader of what `sent` is, in pieces of any size. */
function readerOf(sent: Uint8Array, pieces: readonly number[] = []): WireReader {
  return wireReader(
    (async function* () {
      let at = 0;
      for (const size of pieces) {
        yield sent.subarray(at, at + size);
        at += size;
      }
      yield sent.subarray(at);
    })(),
  );
}

const pieces = fc.array(fc.nat(40), { maxLength: 20 });
const texts = fc.array(fc.string({ unit: "binary", maxLength: 40 }), { maxLength: 10 });

describe("what is written", () => {
  it("is read again, however it arrives", () =>
    fc.assert(
      fc.asyncProperty(
        fc.maxSafeNat(),
        fc.string({ unit: "binary" }),
        texts,
        pieces,
        async (number, text, list, sizes) => {
          const sent = Buffer.concat([
            wireNumber(number),
            wireString(text),
            wireStrings(list),
            wireNumber(number),
          ]);
          const reader = readerOf(sent, sizes);
          expect(await reader.number()).toBe(number);
          expect(await reader.string()).toBe(text);
          expect(await reader.strings(list.length)).toEqual(list);
          await reader.skipNumber();
          await expect(reader.number()).rejects.toBeInstanceOf(ConnectionEnded);
        },
      ),
    ));

  it("is what Nix writes", () => {
    expect(Buffer.from(wireStrings(["abc"])).toString("hex")).toBe(
      "010000000000000003000000000000006162630000000000",
    );
  });

  it("is not read when its end is missing", () =>
    fc.assert(
      fc.asyncProperty(texts, fc.nat(), async (list, cut) => {
        const sent = wireStrings(list);
        const reader = readerOf(sent.subarray(0, cut % sent.length));
        await expect(reader.strings(list.length)).rejects.toBeInstanceOf(ConnectionEnded);
      }),
    ));
});

describe("nothing is read of", () => {
  const endless = Buffer.alloc(8, 0xff);
  it.each<[string, Uint8Array, (reader: WireReader) => Promise<unknown>]>([
    ["a number beyond 2^53", endless, (reader) => reader.number()],
    ["a string of any length", endless, (reader) => reader.string()],
    ["a string that is too long", wireNumber(MAX_STRING_BYTES + 1), (reader) => reader.string()],
    ["a list that is too long", wireStrings(["a", "b"]), (reader) => reader.strings(1)],
    ["a count that is too high", wireNumber(3), (reader) => reader.count(2)],
    [
      "a padding that hides something",
      Buffer.concat([wireNumber(1), Buffer.from("a......b")]),
      (reader) => reader.string(),
    ],
  ])("%s", async (_, sent, read) => {
    await expect(read(readerOf(sent))).rejects.toMatchObject({ code: "NIX_UNKNOWN_ANSWER" });
  });
});
