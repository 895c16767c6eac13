import { createHash } from "node:crypto";
import { readFile, stat } from "node:fs/promises";
import { basename, join } from "node:path";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import type { FileForm } from "../../src/hash/form-content.js";
import { type NixHost, startNixHost } from "../nix/host.js";
import { build, built, writeOverlay } from "../nix/workspace.js";
import { sampleBytes } from "../store/samples.js";
import { type RunningProxy, ask, gitlabError, runProxy } from "./running-proxy.js";
import { makeArtifact, makeLock } from "../make/lock.js";

const FORMS: readonly FileForm[] = ["file", "executable"];

let host: NixHost;
let running: RunningProxy;
beforeEach(async () => {
  running = await runProxy();
});
afterEach(() => running.close());

/** Locks bytes that no store has; gives their variant. */
async function lock(name: string, form: FileForm, size = 1_000_001) {
  const bytes = sampleBytes(size, `${name} ${form} ${Math.random()}`);
  await running.add(name, { bytes, form, name: `${name}.bin` });
  const variant = running.lock().artifacts[name]?.systems["any"];
  if (variant === undefined) throw new Error(`${name} is not locked`);
  return { bytes, variant };
}

/** The derivation of a required artifact, which cannot be built: only substituted. */
async function required(on: NixHost, name: string): Promise<string> {
  const systems = running.lock().artifacts[name]?.systems ?? {};
  const artifact = makeArtifact({ fetch: "require", systems });
  return `(import ${await writeOverlay(on, makeLock({ acme: artifact }))}/sources.nix { }).acme`;
}

async function inStore(on: NixHost, storePath: string) {
  const file = join(on.store, basename(storePath));
  return { bytes: await readFile(file), mode: (await stat(file)).mode & 0o777 };
}

describe("an untrusted user", () => {
  beforeAll(async () => {
    host = await startNixHost();
  });
  afterAll(() => host.stop());

  it.each(FORMS)("copies from the proxy into an empty store what nobody has signed: %s", async (form) => {
    const { bytes, variant } = await lock("copied", form);
    await host.output("nix", ["copy", "--from", running.url, variant.storePath]);
    const found = await inStore(host, variant.storePath);
    expect(found.bytes.equals(bytes)).toBe(true);
    expect(found.mode).toBe(form === "executable" ? 0o555 : 0o444);
    await host.output("nix-store", ["--verify-path", variant.storePath]);
    expect(await built(host, await required(host, "copied"))).toBe(variant.storePath);
  });

  it("gets nothing when GitLab gives other bytes", async () => {
    const { variant } = await lock("evil", "file");
    running.upstream.serve("/evil", sampleBytes(1_000_001, "evil"));
    const { code } = await host.run("nix", ["copy", "--from", running.url, variant.storePath]);
    expect(code).not.toBe(0);
    const valid = await host.run("nix-store", ["--check-validity", variant.storePath]);
    expect(valid.code).not.toBe(0);
  });

  it("is told in one line why GitLab gives nothing", async () => {
    const { variant } = await lock("expired", "file");
    running.failWith(gitlabError("GITLAB_ARTIFACTS_NOT_FOUND", { status: 404 }));
    const { stderr } = await host.run("nix", ["copy", "--from", running.url, variant.storePath]);
    expect(stderr).toMatch(/does not exist in binary cache|GitLab said no/);
  });
});

describe("a daemon that knows the proxy", () => {
  it.each(FORMS)("substitutes what is required, without any signature: %s", async (form) => {
    const consumer = await startNixHost({ conf: { substituters: running.url } });
    try {
      const { bytes, variant } = await lock("substituted", form);
      expect(await built(consumer, await required(consumer, "substituted"))).toBe(variant.storePath);
      expect((await inStore(consumer, variant.storePath)).bytes.equals(bytes)).toBe(true);
    } finally {
      await consumer.stop();
    }
  });

  it("asks the hashed mirror before the address in the derivation", async () => {
    const consumer = await startNixHost({ conf: { "hashed-mirrors": running.url } });
    try {
      const { bytes, variant } = await lock("mirrored", "file");
      const artifact = makeArtifact({ systems: { any: variant } });
      const options = { proxy: "http://127.0.0.1:1" };
      const folder = await writeOverlay(consumer, makeLock({ acme: artifact }), options);
      expect(await built(consumer, `(import ${folder}/sources.nix { }).acme`)).toBe(variant.storePath);
      expect((await inStore(consumer, variant.storePath)).bytes.equals(bytes)).toBe(true);
    } finally {
      await consumer.stop();
    }
  });

  it("tells what to do when the proxy does not have the artifact", async () => {
    const consumer = await startNixHost({ conf: { substituters: running.url } });
    try {
      await lock("unknown", "file");
      const expression = await required(consumer, "unknown");
      running.lock = () => makeLock({});
      const { code, stderr } = await build(consumer, expression);
      expect(code).not.toBe(0);
      expect(stderr).toContain("artifacts fetch acme");
    } finally {
      await consumer.stop();
    }
  });
});

describe("the binary cache", () => {
  it("says what it is", async () => {
    const { status, body } = await ask(running.url, "/nix-cache-info");
    expect({ status, text: body.toString() }).toEqual({
      status: 200,
      text: "StoreDir: /nix/store\nWantMassQuery: 1\nPriority: 30\n",
    });
  });

  it("describes a path without asking GitLab", async () => {
    const { variant } = await lock("tool", "file");
    const hash = basename(variant.storePath).slice(0, 32);
    const { headers, body } = await ask(running.url, `/${hash}.narinfo`);
    expect(headers["content-type"]).toBe("text/x-nix-narinfo");
    expect(body.toString()).toMatch(
      new RegExp(
        `^StorePath: ${variant.storePath}\\nURL: nar/${hash}-[0-9a-z]{52}\\.nar\\nCompression: none\\n` +
          "FileHash: (sha256:[0-9a-z]{52})\\nFileSize: (\\d+)\\nNarHash: \\1\\nNarSize: \\2\\n" +
          "References: \\nCA: fixed:sha256:[0-9a-z]{52}\\n$",
      ),
    );
    expect(running.upstream.requests).toEqual([]);
  });

  it.each([0, 1, 7, 8, 100_000, 1_000_001])("gives the NAR of %d bytes, in any part", async (size) => {
    const { variant } = await lock("tool", "executable", size);
    const path = await narPath(variant.storePath);
    const whole = await ask(running.url, path);
    expect(whole.headers["content-length"]).toBe(String(variant.narSize));
    expect(`sha256-${createHash("sha256").update(whole.body).digest("base64")}`).toBe(variant.narHash);
    for (const start of [1, 90, variant.narSize - 30, variant.narSize - 1]) {
      const part = await ask(running.url, path, { headers: { range: `bytes=${start}-` } });
      expect(part.status).toBe(206);
      expect(part.body.equals(whole.body.subarray(start)), `from ${start}`).toBe(true);
    }
  });

  it("gives the NAR of nothing but what the path names", async () => {
    const { variant } = await lock("tool", "file");
    const path = await narPath(variant.storePath);
    const other = path.replace(/-\w{52}\.nar$/, `-${"0".repeat(52)}.nar`);
    expect((await ask(running.url, other)).status).toBe(404);
  });

  it("does not mirror the hash of a NAR as that of a file", async () => {
    const { variant } = await lock("tool", "executable");
    const hex = Buffer.from(variant.hash.slice("sha256-".length), "base64").toString("hex");
    expect((await ask(running.url, `/sha256/${hex}`)).status).toBe(404);
  });

  async function narPath(storePath: string): Promise<string> {
    const { body } = await ask(running.url, `/${basename(storePath).slice(0, 32)}.narinfo`);
    return `/${/^URL: (.*)$/m.exec(body.toString())?.[1]}`;
  }
});

describe("bytes that several jobs have", () => {
  it("come from another job when one's are gone", async () => {
    const { bytes } = await lock("tool", "file");
    await running.add("twin", { bytes, name: "tool.bin", job: 13 });
    const hex = createHash("sha256").update(bytes).digest("hex");
    running.failWith(gitlabError("GITLAB_ARTIFACTS_NOT_FOUND", { status: 404 }));
    const { status, body } = await ask(running.url, `/sha256/${hex}`);
    expect(status).toBe(200);
    expect(body.equals(bytes)).toBe(true);
    expect(running.upstream.requests).toEqual(["/twin"]);
  });
});
