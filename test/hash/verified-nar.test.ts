import { setTimeout as sleep } from "node:timers/promises";
import { expect, it, vi } from "vitest";
import { verifiedNar } from "../../src/hash/verified-nar.js";

it("a NAR that cannot be made is an error of whoever reads it, however late that is", async () => {
  vi.stubEnv("TMPDIR", "/nowhere");
  async function* body() {
    yield await Promise.resolve(Buffer.from("archive"));
  }
  const { body: nar } = verifiedNar(
    { size: 7, body: body(), destroy() {} },
    { artifact: "tool", project: "g/tool", job: 12, form: "unpacked", size: 7, narSize: 1, narHash: "" },
  );
  await sleep(100); // by then it has failed
  const reading = async () => {
    for await (const _ of nar);
  };
  await expect(reading()).rejects.toMatchObject({ code: "CANNOT_WRITE" });
});
