import { createHash } from "node:crypto";
import type { ServerResponse } from "node:http";
import { readdir } from "node:fs/promises";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from "vitest";
import { UserError } from "../../src/errors.js";
import { hash } from "../../src/hash/hash.js";
import type { Resolved } from "../../src/resolve/resolved.js";
import { formatSri } from "../../src/store/sri.js";
import { zipOf } from "../nix/zip.js";
import { sampleBytes } from "../store/samples.js";
import { type TemporaryNix, temporaryNix } from "../store/temporary-nix.js";
import { hashOne } from "./hash-one.js";
import { type Upstream, startUpstream } from "./upstream.js";

let nix: TemporaryNix;
let upstream: Upstream;
let temporary: string;
beforeAll(async () => {
  nix = await temporaryNix();
  upstream = await startUpstream();
  temporary = await mkdtemp(join(tmpdir(), "nix-artifacts-test-"));
});
beforeEach(() => {
  vi.stubEnv("TMPDIR", temporary);
});
afterAll(async () => {
  await upstream.close();
  await nix.remove();
  await rm(temporary, { recursive: true });
});

const AT = { file: "manifests/tool.ts", line: 3, column: 5 };

function resolved(overrides: Partial<Resolved>): Resolved {
  return {
    artifact: "tool",
    system: "x86_64-linux",
    gitlab: upstream.url,
    project: "g/tool",
    ref: { branch: "main" },
    file: "tool.bin",
    form: "file",
    at: { project: AT, ref: AT, job: AT, file: AT },
    storeName: "tool.bin",
    url: `${upstream.url}/tool`,
    projectId: 7,
    projectPath: "g/tool",
    refName: "main",
    commit: "a".repeat(40),
    pipeline: 11,
    job: 12,
    jobName: "build",
    createdAt: "2026-01-01T00:00:00Z",
    expiresAt: null,
    declaredSize: undefined,
    archiveSize: undefined,
    archiveName: undefined,
    passedOver: [],
    ...overrides,
  };
}

/** What real Nix says about the same bytes. */
async function nixFacts(bytes: Uint8Array, form: Resolved["form"]): Promise<Record<string, unknown>> {
  const file = join(temporary, "tool.bin");
  await writeFile(file, bytes, { mode: form === "executable" ? 0o755 : 0o644 });
  const recursive = form === "executable" ? ["--recursive"] : [];
  const added = await nix.run("nix-store", "--add-fixed", ...recursive, "sha256", file);
  const storePath = added.stdout.trim();
  const [narHash, narSize] = await Promise.all([
    nix.run("nix-hash", "--type", "sha256", file),
    nix.run("nix-store", "--query", "--size", storePath),
  ]);
  await rm(file);
  const flat = createHash("sha256").update(bytes).digest();
  const nar = Buffer.from(narHash.stdout.trim(), "hex");
  const own = form === "executable" ? nar : flat;
  return {
    size: bytes.length,
    hash: formatSri(own),
    narHash: formatSri(nar),
    narSize: Number(narSize.stdout),
    storePath,
  };
}

const MIB = 1024 * 1024;

describe("hash", () => {
  it.each([
    ["file", 0],
    ["file", 15],
    ["file", 3 * MIB + 1],
    ["file", 17 * MIB + 5],
    ["file", 20 * MIB],
    ["executable", 0],
    ["executable", 4097],
    ["executable", 18 * MIB + 3],
  ] as const)("gives what Nix computes, for form %s and %d bytes", async (form, size) => {
    const bytes = sampleBytes(size, form);
    const url = upstream.serve(`/${form}/${size}`, bytes);
    const hashed = await hashOne(resolved({ url, form }), { gitlab: upstream.gitlab });
    expect(hashed).toMatchObject(await nixFacts(bytes, form));
  });

  it("keeps every fact of the resolved variant", async () => {
    const url = upstream.serve("/kept", Buffer.from("kept"));
    const variant = resolved({ url });
    expect(await hashOne(variant, { gitlab: upstream.gitlab })).toMatchObject(variant);
  });

  it("spools a body of unknown length and leaves no file behind", async () => {
    const bytes = sampleBytes(300_000, "chunked");
    const url = upstream.serve("/chunked", (_, response) => response.writeHead(200).end(bytes));
    const progress = vi.fn();
    const hashed = await hashOne(resolved({ url }), { gitlab: upstream.gitlab, onProgress: progress });
    expect(hashed).toMatchObject(await nixFacts(bytes, "file"));
    expect(progress).toHaveBeenLastCalledWith({ received: bytes.length, size: undefined });
    expect(await readdir(temporary)).toEqual([]);
  });

  it("reports progress against the declared size", async () => {
    const bytes = sampleBytes(200_000, "progress");
    const url = upstream.serve("/progress", bytes);
    const progress = vi.fn();
    await hashOne(resolved({ url }), { gitlab: upstream.gitlab, onProgress: progress });
    expect(progress).toHaveBeenLastCalledWith({ received: bytes.length, size: bytes.length });
  });

  it("digests several big files at the same time, each correctly", async () => {
    const sizes = [17, 18, 19].map((mib) => mib * MIB);
    const hashes = await Promise.all(
      sizes.map((size) => {
        const url = upstream.serve(`/big/${size}`, sampleBytes(size, "big"));
        return hashOne(resolved({ url }), { gitlab: upstream.gitlab });
      }),
    );
    const expected = sizes.map((size) =>
      formatSri(createHash("sha256").update(sampleBytes(size, "big")).digest()),
    );
    expect(hashes.map((hashed) => hashed.hash)).toEqual(expected);
  });

  it("stops when it is told to, closes the download and leaves no file behind", async () => {
    const url = upstream.serve("/endless", (_, response) => {
      response.writeHead(200);
      response.write(sampleBytes(70_000, "endless"));
    });
    const controller = new AbortController();
    const hashing = hashOne(resolved({ url }), {
      gitlab: upstream.gitlab,
      signal: controller.signal,
      onProgress: () => controller.abort(),
    });
    await expect(hashing).rejects.toThrow("aborted");
    await vi.waitFor(() => expect(upstream.open()).toBe(0));
    expect(await readdir(temporary)).toEqual([]);
  });
});

describe("hash of a whole artifacts archive", () => {
  const whole = { file: undefined, storeName: "tool.zip" };

  it.each([
    ["one with entries", Buffer.from("504b0304aabb", "hex")],
    ["one without entries", Buffer.from(`504b0506${"00".repeat(18)}`, "hex")],
  ])("takes a zip file: %s", async (_, bytes) => {
    const url = upstream.serve("/zip", bytes);
    const hashed = await hashOne(resolved({ url, ...whole }), { gitlab: upstream.gitlab });
    expect(hashed.size).toBe(bytes.length);
    expect(hashed.hash).toBe(formatSri(createHash("sha256").update(bytes).digest()));
  });

  it("takes a zip file whose first bytes arrive one by one", async () => {
    const url = upstream.serve("/slow-zip", (_, response) => {
      response.writeHead(200, { "content-length": 6 });
      const bytes = [0x50, 0x4b, 0x03, 0x04, 1, 2];
      const next = () => {
        const byte = bytes.shift();
        if (byte === undefined) response.end();
        else response.write(Buffer.from([byte]), () => setImmediate(next));
      };
      next();
    });
    const hashed = await hashOne(resolved({ url, ...whole }), { gitlab: upstream.gitlab });
    const sha256 = createHash("sha256").update(Buffer.from("504b03040102", "hex")).digest();
    expect(hashed.hash).toBe(formatSri(sha256));
  });

  it.each([
    ["a page", "<!DOCTYPE html>", "begins with the bytes 3c21444f"],
    ["three bytes", "PK\u0003", "begins with the bytes 504b03"],
    ["nothing", "", "is empty"],
  ])("refuses %s and says where the job was declared", async (_, text, said) => {
    const url = upstream.serve("/not-a-zip", Buffer.from(text));
    const error = await hashOne(resolved({ url, ...whole }), { gitlab: upstream.gitlab }).catch(
      (error: unknown) => error,
    );
    expect(error).toBeInstanceOf(UserError);
    expect(error).toMatchObject({ code: "HASH_NOT_A_ZIP", at: AT });
    expect(error).toHaveProperty("message", expect.stringContaining(said));
    expect(error).toHaveProperty("message", expect.stringContaining("job 12 in g/tool"));
  });
});

describe("hash of several variants of the same bytes", () => {
  it("reads them once and gives each what it has alone, in every form and under every name", async () => {
    const archive = zipOf([
      { path: "bin/tool", data: "#!/bin/sh\n", mode: 0o755 },
      { path: "empty", data: "" },
    ]);
    const url = upstream.serve("/shared.zip", archive);
    const alone = [
      resolved({ url, form: "file" }),
      resolved({ url, form: "file", storeName: "other.bin", artifact: "other" }),
      resolved({ url, form: "executable" }),
      resolved({ url, form: "unpacked", storeName: "tree" }),
      resolved({ url, form: "unpacked", storeName: "same-tree" }),
    ];
    const expected = await Promise.all(alone.map((one) => hashOne(one, { gitlab: upstream.gitlab })));
    upstream.requests.length = 0;
    const together = await hash(alone, { gitlab: upstream.gitlab });
    expect(together.map((one) => "hashed" in one && one.hashed)).toEqual(expected);
    expect(upstream.requests).toEqual(["/shared.zip"]);
    expect(new Set(expected.map(({ storePath }) => storePath)).size).toBe(5);
  });

  it("does not keep the others from being hashed when one cannot be unpacked", async () => {
    const url = upstream.serve("/shared-text", Buffer.from("no archive at all"));
    const outcomes = await hash([resolved({ url }), resolved({ url, form: "unpacked" })], {
      gitlab: upstream.gitlab,
    });
    expect(outcomes).toMatchObject([{ hashed: { size: 17 } }, { error: { code: "UNPACK_REFUSED" } }]);
  });
});

describe("hash of an archive whose size GitLab has on record", () => {
  const zip = Buffer.concat([Buffer.from("504b0304", "hex"), sampleBytes(5000, "declared")]);
  const chunked = (_: unknown, response: ServerResponse) => void response.writeHead(200).end(zip);
  const whole = { file: undefined, storeName: "tool.zip" };

  it.each([
    ["declared", zip],
    ["not declared", chunked],
  ])("takes it when that is right, with its length %s in the answer", async (_, served) => {
    const url = upstream.serve("/declared", served);
    const variant = resolved({ url, ...whole, declaredSize: zip.length });
    expect(await hashOne(variant, { gitlab: upstream.gitlab })).toMatchObject({ size: zip.length });
  });

  it.each([
    ["fewer bytes", 5005, zip, "has 5005 bytes in GitLab's records, but 5004 came"],
    ["more bytes", 5003, zip, "has 5003 bytes in GitLab's records, but more came"],
    ["fewer bytes, of undeclared length", 5005, chunked, "but 5004 came"],
    ["more bytes, of undeclared length", 5003, chunked, "but more came"],
  ])("refuses %s", async (_, declaredSize, served, said) => {
    const url = upstream.serve("/undeclared", served);
    const hashing = hashOne(resolved({ url, ...whole, declaredSize }), { gitlab: upstream.gitlab });
    const error: unknown = await hashing.catch((error: unknown) => error);
    expect(error).toMatchObject({ code: "HASH_OTHER_SIZE", at: AT });
    expect(error).toHaveProperty("message", expect.stringContaining(said));
    expect(await readdir(temporary)).toEqual([]);
  });
});
