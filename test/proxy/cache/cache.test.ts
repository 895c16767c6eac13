import {
  chmod,
  mkdir,
  mkdtemp,
  open as openFile,
  readFile,
  readdir,
  readlink,
  rm,
  stat,
  symlink,
  truncate,
  utimes,
  writeFile,
} from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { type Cache, openCache } from "../../../src/proxy/cache/cache.js";
import type { Content } from "../../../src/proxy/cache/content.js";
import type { LogEntry } from "../../../src/proxy/log.js";
import { sampleBytes } from "../../store/samples.js";
import { makeVariantOf } from "../../make/lock.js";

let directory: string;
let logged: LogEntry[];
let caches: Cache[];
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), "nix-artifacts-cache-"));
  logged = [];
  caches = [];
});
afterEach(async () => {
  for (const cache of caches) cache.close();
  await rm(directory, { recursive: true });
});

const SMALL = sampleBytes(1000, "small");
const BIG = sampleBytes(1_000_000, "big");

/** A process that uses the directory. */
async function open(maxBytes = 2 ** 30): Promise<Cache> {
  const cache = await openCache({ directory, maxBytes, log: (entry) => logged.push(entry) });
  caches.push(cache);
  return cache;
}

async function locked(bytes: Buffer) {
  const variant = await makeVariantOf({ url: "https://gitlab.example.com/x", bytes });
  return { ...variant, form: "file" as const };
}

/** Reads all of an artifact; GitLab gives `bytes`. */
async function get(cache: Cache, bytes: Buffer): Promise<{ from: string; right: boolean }> {
  const variant = await locked(bytes);
  async function* body() {
    for (let at = 0; at < bytes.length; at += 65_536) yield bytes.subarray(at, at + 65_536);
  }
  const start = () => Promise.resolve({ size: bytes.length, body: body(), destroy: () => {} });
  const { content, from } = await cache.acquire({ artifact: "tool", ...variant }, { asker: "a", start });
  try {
    const read = await readFrom(content, 0, variant.size);
    await content.verified();
    return { from, right: read.equals(bytes) };
  } finally {
    content.close();
  }
}

async function readFrom(content: Content, position: number, end: number): Promise<Buffer> {
  const parts: Buffer[] = [];
  for (let at = position; at < end;) {
    const { bytes, release } = await content.read(at, end);
    parts.push(Buffer.from(bytes));
    at += bytes.length;
    release();
  }
  return Buffer.concat(parts);
}

/** The one complete file, once it is in its place. */
async function onlyFile(): Promise<string> {
  return vi.waitFor(async () => {
    const [name, ...others] = await readdir(join(directory, "content"));
    if (name === undefined || others.length > 0) throw new Error("there should be one file");
    return join(directory, "content", name);
  });
}

/**
 * Downloads `bytes`; gives the path of the file once the cache holds it. The file is in its place a moment earlier, and who asks in that
 * moment still follows the download.
 */
async function keep(cache: Cache, bytes: Buffer): Promise<string> {
  await get(cache, bytes);
  await vi.waitFor(async () => expect((await get(cache, bytes)).from).toBe("cache"));
  return onlyFile();
}

async function store(bytes: Buffer): Promise<string> {
  return keep(await open(), bytes);
}

describe("bytes that were downloaded once", () => {
  it.each([
    ["small", SMALL],
    ["big", BIG],
    ["none", Buffer.alloc(0)],
  ])("come from the disk afterwards, in this process and in the next: %s", async (_, bytes) => {
    const cache = await open();
    expect(await get(cache, bytes)).toEqual({ right: true, from: "gitlab" });
    await onlyFile();
    await vi.waitFor(async () => expect(await get(cache, bytes)).toEqual({ right: true, from: "cache" }));
    expect(await get(await open(), bytes)).toEqual({ right: true, from: "cache" });
    expect(await readdir(join(directory, "incoming"))).toEqual([]);
  });

  it("are another process's as well, as soon as they are there", async () => {
    const [one, other] = [await open(), await open()];
    await get(one, BIG);
    await onlyFile();
    expect((await get(other, BIG)).from).toBe("cache");
  });

  it("are readable by nobody else", async () => {
    const file = await store(BIG);
    expect((await stat(file)).mode & 0o777).toBe(0o600);
    expect((await stat(join(directory, "content"))).mode & 0o777).toBe(0o700);
  });
});

describe("a file that is not what it was", () => {
  const changes: [string, (file: string) => Promise<unknown>][] = [
    ["altered in place", async (file) => writeFile(file, Buffer.from(BIG).fill(1, 5, 6))],
    [
      "altered, with its old times",
      async (file) => {
        const { atime, mtime } = await stat(file);
        await writeFile(file, Buffer.from(BIG).fill(1, 5, 6));
        await utimes(file, atime, mtime);
      },
    ],
    ["cut off", async (file) => truncate(file, 999_999)],
    ["lengthened", async (file) => writeFile(file, "x", { flag: "a" })],
    [
      "replaced by a link",
      async (file) => {
        await rm(file);
        await symlink("/etc/hostname", file);
      },
    ],
    [
      "replaced by a link to the same bytes elsewhere",
      async (file) => {
        await writeFile(join(directory, "elsewhere"), BIG);
        await rm(file);
        await symlink(join(directory, "elsewhere"), file);
      },
    ],
    [
      "replaced by a directory",
      async (file) => {
        await rm(file);
        await mkdir(file);
      },
    ],
  ];

  it.each(changes)("is downloaded again by the process that verified it: %s", async (_, change) => {
    const cache = await open();
    await change(await keep(cache, BIG));
    expect(await get(cache, BIG)).toEqual({ right: true, from: "gitlab" });
    expect(logged).toContainEqual(expect.objectContaining({ event: "damaged", artifact: "tool" }));
  });

  it.each(changes)("is downloaded again by a new process: %s", async (_, change) => {
    await change(await store(BIG));
    expect(await get(await open(), BIG)).toEqual({ right: true, from: "gitlab" });
  });

  it("is nothing to few bytes, which are served as they were hashed, and to the next process it is", async () => {
    const cache = await open();
    await writeFile(await keep(cache, SMALL), sampleBytes(1000, "evil"));
    expect(await get(cache, SMALL)).toEqual({ right: true, from: "cache" });
    expect(await get(await open(), SMALL)).toEqual({ right: true, from: "gitlab" });
    expect(logged).toContainEqual(expect.objectContaining({ event: "damaged", artifact: "tool" }));
  });

  it("breaks off an answer that is being read", async () => {
    const cache = await open();
    const file = await keep(cache, BIG);
    const variant = await locked(BIG);
    const start = () => Promise.reject(new Error("is in the cache"));
    const { content } = await cache.acquire({ artifact: "tool", ...variant }, { asker: "a", start });
    expect(await readFrom(content, 0, 1000)).toHaveLength(1000);
    await writeFile(file, Buffer.from(BIG).fill(1, 500_000, 500_001));
    await expect(content.read(500_000, 501_000)).rejects.toThrow("was changed");
    content.close();
  });
});

describe("a file that is removed while it is read, as another process does that needs the place", () => {
  /** Reads the first part, and what the cache gives after `change`. */
  async function readAround(change: (file: string) => Promise<unknown>): Promise<Buffer> {
    const cache = await open();
    const file = await keep(cache, BIG);
    const start = () => Promise.reject(new Error("is in the cache"));
    const expected = { artifact: "tool", ...(await locked(BIG)) };
    const { content } = await cache.acquire(expected, { asker: "a", start });
    try {
      const first = await readFrom(content, 0, 1000);
      await change(file);
      return Buffer.concat([first, await readFrom(content, 1000, BIG.length)]);
    } finally {
      content.close();
    }
  }

  it("is read to its end", async () => {
    expect((await readAround(rm)).equals(BIG)).toBe(true);
  });

  it("is not when it was altered before, or is afterwards", async () => {
    const evil = Buffer.from(BIG).fill(1, 500_000, 500_001);
    const before = readAround(async (file) => {
      await writeFile(file, evil);
      await rm(file);
    });
    await expect(before).rejects.toThrow("was changed");
    const after = readAround(async (file) => {
      const handle = await openFile(file, "r+");
      await rm(file);
      await handle.write(evil, 500_000, 1, 500_000);
      await handle.close();
    });
    await expect(after).rejects.toThrow("was changed");
  });

  it("takes no place on the disk when nobody reads it any more", async () => {
    const [one, other] = [sampleBytes(1_000_000, "one"), sampleBytes(1_000_000, "other")];
    const cache = await open(1_500_000);
    await get(cache, one);
    await onlyFile();
    await get(cache, other);
    await vi.waitFor(() => expect(logged).toContainEqual(expect.objectContaining({ event: "evicted" })));
    await vi.waitFor(async () => expect(await removedAndOpen()).toEqual([]));
  });

  /** Files of the directory that this process has open and nobody can find (proc(5)). */
  async function removedAndOpen(): Promise<string[]> {
    const targets = (await readdir("/proc/self/fd")).map((fd) =>
      readlink(`/proc/self/fd/${fd}`).catch(() => ""),
    );
    return (await Promise.all(targets)).filter(
      (target) => target.startsWith(directory) && target.endsWith(" (deleted)"),
    );
  }
});

describe("the bound", () => {
  const items = [1, 2, 3, 4].map((seed) => sampleBytes(1000, seed));
  const [first = SMALL, second = SMALL, third = SMALL, fourth = SMALL] = items;

  /** Makes the last use of everything so far an hour older. */
  async function anHourPasses(): Promise<void> {
    const used = join(directory, "used");
    for (const name of await readdir(used)) {
      const { mtimeMs } = await stat(join(used, name));
      await utimes(join(used, name), new Date(), new Date(mtimeMs - 3_600_000));
    }
  }

  it("is kept, and what was not asked for the longest goes first", async () => {
    for (const bytes of [first, second, third]) {
      await get(await open(), bytes);
      await vi.waitFor(async () =>
        expect(await readdir(join(directory, "used"))).toHaveLength(items.indexOf(bytes) + 1),
      );
      await anHourPasses();
    }
    await get(await open(), first); // asked for again: it stays
    await vi.waitFor(async () => expect((await usedNow()).length).toBe(1));
    await get(await open(3500), fourth);
    await vi.waitFor(async () => expect(await readdir(join(directory, "content"))).toHaveLength(3));

    const kept = await open(3500);
    expect(await Promise.all(items.map(async (bytes) => kept.has(await locked(bytes))))).toEqual([
      true,
      false,
      true,
      true,
    ]);
    const evicted = { level: "info", event: "evicted", files: 1, bytes: 3000 };
    await vi.waitFor(() => expect(logged).toContainEqual(evicted));
  });

  async function usedNow(): Promise<string[]> {
    const names = await readdir(join(directory, "used"));
    const ages = await Promise.all(
      names.map(async (name) => Date.now() - (await stat(join(directory, "used", name))).mtimeMs),
    );
    return names.filter((_, index) => (ages[index] ?? Infinity) < 1_800_000);
  }

  it("holds from the start when it was lowered", async () => {
    await get(await open(), BIG);
    await onlyFile();
    await open(10);
    expect(await readdir(join(directory, "content"))).toEqual([]);
  });

  it("does not keep anybody from what is bigger than it", async () => {
    const cache = await open(10);
    expect(await get(cache, BIG)).toEqual({ right: true, from: "gitlab" });
    expect(await readdir(join(directory, "content"))).toEqual([]);
  });

  it("counts what a process left that was killed in a download, for an hour", async () => {
    await open();
    const [old, young] = ["old", "young"].map((name) => join(directory, "incoming", name));
    await writeFile(old ?? "", "x");
    await writeFile(young ?? "", "x");
    const before = new Date(Date.now() - 3_700_000);
    await utimes(old ?? "", before, before);
    await open();
    expect(await readdir(join(directory, "incoming"))).toEqual(["young"]);
  });
});

describe("a directory that others may write", () => {
  it("is refused, with the command that helps", async () => {
    await chmod(directory, 0o777);
    await expect(open()).rejects.toMatchObject({
      code: "CACHE_NOT_PRIVATE",
      hint: `chmod go-w ${directory}`,
    });
  });

  it("is refused when it cannot be made", async () => {
    const root = directory;
    await writeFile(join(directory, "file"), "");
    directory = join(directory, "file");
    await expect(open()).rejects.toMatchObject({ code: "CACHE_UNUSABLE" });
    directory = "/proc/no-place-for-a-cache";
    await expect(open()).rejects.toMatchObject({ code: "CACHE_UNUSABLE" });
    directory = root;
  });
});

it("is made again when somebody has deleted all of it, unless it is not the proxy's own any more", async () => {
  const cache = await open();
  await keep(cache, BIG);
  await rm(directory, { recursive: true });
  expect(await get(cache, BIG)).toEqual({ right: true, from: "gitlab" });
  await vi.waitFor(async () => expect((await get(cache, BIG)).from).toBe("cache"));
  expect((await stat(directory)).mode & 0o777).toBe(0o700);

  await rm(directory, { recursive: true });
  await mkdir(directory);
  await chmod(directory, 0o777);
  await expect(get(cache, BIG)).rejects.toMatchObject({
    code: "CACHE_DISK",
    message: expect.stringContaining("other users may write there"),
  });
});

it("a disk that takes no more fails the request, not the process", async () => {
  const cache = await open();
  await rm(join(directory, "incoming"), { recursive: true });
  await writeFile(join(directory, "incoming"), "in the way");
  await expect(get(cache, BIG)).rejects.toMatchObject({ code: "CACHE_DISK" });
  await rm(join(directory, "incoming"));
  expect((await get(cache, BIG)).right).toBe(true);
  expect((await readFile(await onlyFile())).equals(BIG)).toBe(true);
});

it("a disk that takes no more lets go of what GitLab has begun to send", async () => {
  const cache = await open();
  const destroy = vi.fn<() => void>();
  async function* body() {
    yield await Promise.resolve(BIG);
  }
  const start = () => Promise.resolve({ size: BIG.length, body: body(), destroy });
  await rm(join(directory, "incoming"), { recursive: true });
  await writeFile(join(directory, "incoming"), "in the way");
  const expected = { artifact: "tool", ...(await locked(BIG)) };
  const { content } = await cache.acquire(expected, { asker: "a", start });
  await expect(content.verified()).rejects.toMatchObject({ code: "CACHE_DISK" });
  content.close();
  expect(destroy).toHaveBeenCalled();
});
