import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { readFile, stat } from "node:fs/promises";
import { basename, join } from "node:path";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import type { FetchMode, Form } from "../../src/artifact.js";
import type { LockedArtifact } from "../../src/lock/schema.js";
import { fodPath } from "../../src/generate/fod-path.js";
import { startNixHost, type NixHost } from "./host.js";
import {
  build,
  built,
  evaluateOn,
  lockBytes,
  lockTree,
  packageSet,
  writeOverlay,
  type LockedBytes,
} from "./workspace.js";
import { makeArtifact, makeLock } from "../make/lock.js";

const FORMS: readonly Form[] = ["file", "executable", "unpacked"];
const MODES: readonly FetchMode[] = ["proxy", "require", "impure-env"];

let host: NixHost;
beforeAll(async () => {
  host = await startNixHost();
});
afterAll(() => host.stop());

const closing: (() => Promise<unknown> | unknown)[] = [];
afterEach(() => Promise.all(closing.splice(0).map((close) => close())));

/** An expression for the source of `artifact`, without nixpkgs. */
async function sourceOf(artifact: LockedArtifact, proxy?: string): Promise<string> {
  const folder = await writeOverlay(host, makeLock({ acme: artifact }), proxy === undefined ? {} : { proxy });
  return `(import ${folder}/sources.nix { tools = { path = "/usr/bin"; certificates = null; }; }).acme`;
}

function lockAs(form: Form, content: string): Promise<LockedBytes> {
  const tree = { "bin/acme": content, "share/doc/README": "read me\n" };
  return form === "unpacked" ? lockTree(host, tree, { name: "acme" }) : lockBytes(host, content, { form });
}

/** Serves `bytes` under every path, and remembers what it was asked. */
async function serve(bytes: Buffer): Promise<{ url: string; paths: string[] }> {
  const paths: string[] = [];
  const server = createServer((request, response) => {
    paths.push(request.url ?? "");
    response.end(bytes);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  closing.push(() => server.close());
  // `listen` on a port of TCP gives an address with a port
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, paths };
}

describe.each(FORMS)("form %s", (form) => {
  test.each(MODES)("fetched by %s has exactly the path that is locked", async (fetch) => {
    const { variant } = await lockAs(form, `bytes of ${form}`);
    const source = await sourceOf(makeArtifact({ fetch, systems: { any: variant } }));
    expect(await evaluateOn(host, `${source}.outPath`)).toBe(variant.storePath);
  });

  test("is built from what the proxy serves, inside the sandbox, for a user whom nobody trusts", async () => {
    const { bytes, variant } = await lockAs(form, `#!/bin/sh\necho runs as ${form}\n`);
    const proxy = await serve(bytes);
    const source = await sourceOf(makeArtifact({ systems: { any: variant } }), proxy.url);
    expect(await built(host, source)).toBe(variant.storePath);
    expect(proxy.paths).toEqual([fodPath("https://gitlab.example.com", variant)]);

    const inStore = join(host.store, basename(variant.storePath));
    if (form === "unpacked") {
      expect(execFileSync("nix-store", ["--dump", inStore])).toEqual(bytes);
      expect(await host.output(`${variant.storePath}/bin/acme`, [])).toBe("runs as unpacked");
      return;
    }
    expect(await readFile(inStore)).toEqual(bytes);
    expect((await stat(inStore)).mode & 0o777).toBe(form === "executable" ? 0o555 : 0o444);
  });

  test("with other bytes than those locked is not built", async () => {
    const { variant } = await lockAs(form, `locked as ${form}`);
    const other = form === "unpacked" ? (await lockAs(form, "something else")).bytes : "something else";
    const proxy = await serve(Buffer.from(other));
    const source = await sourceOf(makeArtifact({ systems: { any: variant } }), proxy.url);
    const { code, stderr } = await build(host, source);
    expect(code).not.toBe(0);
    expect(stderr).toContain("hash mismatch");
  });

  test("that is required is built as soon as the bytes are in the store", async () => {
    const { file, variant } = await lockAs(form, `required as ${form}`);
    const artifact = makeArtifact({ fetch: "require", systems: { any: variant } });
    const source = await sourceOf(artifact);
    expect((await build(host, source)).code).not.toBe(0);
    await addToStore(host, { file, variant });
    expect(await built(host, source)).toBe(variant.storePath);
  });

  test("that is required comes from a cache that signs nothing", async () => {
    const { file, variant } = await lockAs(form, `cached as ${form}`);
    await addToStore(host, { file, variant });
    const cache = `file://${host.home}/cache-${form}`;
    await host.output("nix", ["copy", "--to", `${cache}?compression=none`, variant.storePath]);

    const consumer = await startNixHost({ conf: { substituters: cache } });
    closing.push(() => consumer.stop());
    const artifact = makeArtifact({ fetch: "require", systems: { any: variant } });
    const folder = await writeOverlay(consumer, makeLock({ acme: artifact }));
    expect(await built(consumer, `(import ${folder}/sources.nix { }).acme`)).toBe(variant.storePath);
  });
});

test("a mirror that serves by hash is asked before the proxy", async () => {
  const mirror = await serve(Buffer.from("mirrored"));
  const consumer = await startNixHost({ conf: { "hashed-mirrors": mirror.url } });
  closing.push(() => consumer.stop());
  const { bytes, variant } = await lockBytes(consumer, "mirrored");
  const artifact = makeArtifact({ systems: { any: variant } });
  const folder = await writeOverlay(consumer, makeLock({ acme: artifact }), { proxy: "http://127.0.0.1:1" });

  expect(await built(consumer, `(import ${folder}/sources.nix { }).acme`)).toBe(variant.storePath);
  expect(mirror.paths).toEqual([`/sha256/${createHash("sha256").update(bytes).digest("hex")}`]);
});

function addToStore(
  host: NixHost,
  { file, variant }: Pick<LockedBytes, "file" | "variant">,
): Promise<string> {
  const mode = variant.form === "file" ? [] : ["--recursive"];
  return host.output("nix-store", ["--add-fixed", ...mode, "sha256", file]);
}

describe("the message of required bytes that are missing", () => {
  test("names artifact, project, job and the command that fixes it, and is shown whole", async () => {
    const { variant } = await lockBytes(host, "missing", { name: "acme.tar.gz" });
    const systems = { [(await evaluateOn(host, "builtins.currentSystem")) as string]: variant };
    const source = await sourceOf(makeArtifact({ fetch: "require", systems }));
    const { code, stderr } = await host.run("nix", ["build", "--impure", "--no-link", "--expr", source]);
    expect(code).not.toBe(0);
    expect(shownLog(stderr)).toEqual([
      "Artifact acme is not in the Nix store, and this build may not download it.",
      '  project: "platform/acme" on https://gitlab.example.com',
      '  job:     "build" (77001)',
      "Run this as yourself, where acme is locked, then build again:",
      `  artifacts fetch acme --system ${Object.keys(systems)[0]}`,
    ]);
  });

  test("stays data, whatever project and job are called", async () => {
    const jobName = "$(touch /tmp/x) `id` %s%n \\ \"'\n; echo evil\u001b[2J";
    const { variant } = await lockBytes(host, "hostile", { jobName, project: "$HOME/'\"%d" });
    const source = await sourceOf(makeArtifact({ fetch: "require", systems: { any: variant } }));
    const { stderr } = await build(host, source);
    expect(stderr).toContain(`  project: ${JSON.stringify("$HOME/'\"%d")} on https://gitlab.example.com\n`);
    expect(stderr).toContain(`  job:     ${JSON.stringify(jobName)} (77001)\n`);
  });
});

/** The lines of a build's log that Nix repeats in its error. */
function shownLog(stderr: string): string[] {
  return [...stderr.matchAll(/^ *> (.*)$/gm)].map((match) => match[1] ?? "");
}

test("fetch mode, proxy, GitLab host and the names in the message change no path", async () => {
  const { variant } = await lockBytes(host, "#!/bin/sh\n");
  const changes: [Partial<LockedArtifact>, { proxy?: string }?][] = [
    [{}],
    [{ fetch: "require" }],
    [{ fetch: "impure-env" }],
    [{}, { proxy: "https://artifacts.example.org" }],
    [{ gitlab: "https://other.example.com/gitlab" }],
    [
      {
        fetch: "require",
        systems: { any: { ...variant, jobName: "renamed", project: "moved/acme", job: 9 } },
      },
    ],
  ];
  const paths = await Promise.all(
    changes.map(async ([change, options]) => {
      const base = makeArtifact({ install: { kind: "binary" }, systems: { any: variant } });
      const folder = await writeOverlay(host, makeLock({ acme: { ...base, ...change } }), options);
      const acme = `${await packageSet(host, [folder])}.artifacts.acme`;
      return evaluateOn(host, `[ ${acme}.outPath ${acme}.src.outPath ${acme}.src.drvPath ]`);
    }),
  );
  const drvPaths = paths.map((path) => (path as string[])[2]); // the expression is a list of three
  expect(new Set(paths.map((path) => JSON.stringify((path as string[]).slice(0, 2)))).size).toBe(1);
  expect(new Set(drvPaths).size).toBe(changes.length);
});
