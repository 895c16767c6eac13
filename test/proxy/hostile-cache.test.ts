/** Bytes that are not the locked ones, from the disk and from GitLab, as clients of each face see them: on the wire, and never whole. */
import { mkdir, readFile, readdir, rename, rm, symlink, truncate, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { narPath } from "../../src/proxy/narinfo.js";
import { sampleBytes } from "../store/samples.js";
import { type RunningProxy, ask, runProxy } from "./running-proxy.js";

const BYTES = sampleBytes(1_000_000, "good");
const EVIL = Buffer.from(BYTES).fill(1, 500_000, 500_001);

let running: RunningProxy;
/** Of the derivation, the hashed mirror and the binary cache. */
let paths: readonly string[];
beforeEach(async () => {
  running = await runProxy();
  const path = await running.add("tool", { bytes: BYTES });
  const variant = running.lock().artifacts["tool"]?.systems["any"];
  if (variant === undefined) throw new Error("it was added above");
  paths = [path, `/sha256/${path.split("/").at(-2)}`, narPath(variant)];
});
afterEach(() => running.close());

/** The artifact in an answer, whichever face gives it. */
async function get(path: string) {
  const { status, complete, body } = await ask(running.url, path);
  return { status, complete, right: body.includes(BYTES) };
}

const GOOD = { status: 200, complete: true, right: true };

/** The file in the cache, once it is held there. */
async function cached(): Promise<string> {
  const [path = ""] = paths;
  await vi.waitFor(async () => {
    expect(await get(path)).toEqual(GOOD);
    expect(running.logged.at(-1)).toMatchObject({ event: "served", from: "cache" });
  });
  const [name = ""] = await readdir(join(running.directory, "content"));
  return join(running.directory, "content", name);
}

describe("a cache that was tampered with", () => {
  it.each<[string, (file: string) => Promise<unknown>]>([
    ["altered", (file) => writeFile(file, EVIL)],
    ["cut off", (file) => truncate(file, 999_999)],
    ["replaced by another file", (file) => exchange(file, (place) => writeFile(place, EVIL))],
    ["replaced by a link to the machine's files", (file) => exchange(file, linkTo("/etc/passwd"))],
    ["replaced by a link to a device", (file) => exchange(file, linkTo("/dev/zero"))],
    ["replaced by a folder", (file) => exchange(file, (place) => mkdir(place))],
  ])("gives nothing away, by no face, and heals: %s", async (_, tamper) => {
    await tamper(await cached());
    for (const path of paths) expect(await get(path)).toEqual(GOOD);
    const damaged = expect.objectContaining({ level: "error", event: "damaged", artifact: "tool" });
    expect(running.logged).toContainEqual(damaged);
  });

  it("is not written through a link that waits for a download", async () => {
    const file = await cached();
    const precious = join(running.directory, "precious");
    await writeFile(precious, "precious");
    await exchange(file, linkTo(precious));
    for (const path of paths) expect(await get(path)).toEqual(GOOD);
    expect(await readFile(precious, "utf8")).toBe("precious");
  });
});

it.each([
  ["other bytes of the same size", EVIL],
  ["less", BYTES.subarray(0, 999_999)],
  ["more", Buffer.concat([BYTES, Buffer.from("x")])],
  ["nothing", Buffer.alloc(0)],
])("a lying GitLab poisons nothing, by no face: %s", async (_, lie) => {
  running.upstream.serve("/tool", lie);
  for (const path of paths) expect(await get(path)).not.toMatchObject({ status: 200, complete: true });
  expect(await readdir(join(running.directory, "content"))).toEqual([]);
  running.upstream.serve("/tool", BYTES);
  for (const path of paths) expect(await get(path)).toEqual(GOOD);
});

/** Puts something else in the place of a file. */
async function exchange(file: string, put: (place: string) => Promise<unknown>): Promise<void> {
  await put(`${file}.new`);
  await rm(file);
  await rename(`${file}.new`, file);
}

function linkTo(target: string) {
  return (place: string) => symlink(target, place);
}
