import { createHash } from "node:crypto";
import { describe, expect, it, vi } from "vitest";
import type { Download } from "../../src/gitlab/gitlab.js";
import { type ExpectedBytes, verifiedBody } from "../../src/hash/verified-body.js";
import { formatSri } from "../../src/store/sri.js";

const BYTES = Buffer.from("0123456789");
const EXPECTED: ExpectedBytes = {
  artifact: "tool",
  project: "g/tool",
  job: 12,
  form: "file",
  size: BYTES.length,
  hash: formatSri(createHash("sha256").update(BYTES).digest()),
};

function download(chunks: readonly (string | Error)[], size?: number) {
  async function* body() {
    for (const chunk of chunks) {
      if (chunk instanceof Error) throw chunk;
      yield Buffer.from(chunk);
    }
  }
  return { size, body: body(), destroy: vi.fn<() => void>() } satisfies Download;
}

/** What came out before the end, and how it ended. */
async function read(body: AsyncIterable<Uint8Array>): Promise<{ text: string; error: unknown }> {
  let text = "";
  try {
    for await (const chunk of body) text += Buffer.from(chunk).toString();
    return { text, error: undefined };
  } catch (error) {
    return { text, error };
  }
}

describe("verifiedBody", () => {
  it.each([[["0123456789"]], [["01234", "56789"]], [[..."0123456789"]], [["", "0123456789", "", ""]]])(
    "passes the expected bytes on: %j",
    async (chunks) => {
      const from = download(chunks, 10);
      expect(await read(verifiedBody(from, EXPECTED))).toEqual({ text: "0123456789", error: undefined });
      expect(from.destroy).toHaveBeenCalled();
    },
  );

  it.each([
    ["a changed first byte", ["x1234", "567", "89"], "got sha256-"],
    ["a changed last byte", ["01234", "567", "8x"], "got sha256-"],
    ["a missing byte", ["01234", "567", "8"], "expected 10 bytes, got 9"],
    ["one byte more", ["01234", "567", "89", "x"], "expected 10 bytes, got more"],
    ["nothing", [], "expected 10 bytes, got 0"],
  ])("never passes the last chunk on after %s", async (_, chunks, reason) => {
    const from = download(chunks);
    const { text, error } = await read(verifiedBody(from, EXPECTED));
    expect(text.length).toBeLessThan(EXPECTED.size);
    expect(error).toMatchObject({ code: "OTHER_BYTES", message: expect.stringContaining(reason) });
    expect(from.destroy).toHaveBeenCalled();
  });

  it("reads nothing at all when another length is declared", async () => {
    const from = download([new Error("was read")], 11);
    const { error } = await read(verifiedBody(from, EXPECTED));
    expect(error).toMatchObject({ code: "OTHER_BYTES" });
    expect(from.destroy).toHaveBeenCalled();
  });

  it("passes errors of the download on", async () => {
    const failure = new Error("broke off");
    const { text, error } = await read(verifiedBody(download(["01234", "56", failure]), EXPECTED));
    expect({ text, error }).toEqual({ text: "01234", error: failure });
  });

  it("gives the download up when its reader stops", async () => {
    const from = download(["01234", "56789"]);
    for await (const _ of verifiedBody(from, EXPECTED)) break;
    expect(from.destroy).toHaveBeenCalled();
  });
});
