import { existsSync } from "node:fs";
import { readFile, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { sampleBytes } from "../store/samples.js";
import { type TemporaryNix, temporaryNix } from "../store/temporary-nix.js";
import { type RunningProxy, gitlabError, runProxy } from "./running-proxy.js";

let running: RunningProxy;
let nix: TemporaryNix;
beforeEach(async () => {
  [running, nix] = await Promise.all([runProxy(), temporaryNix()]);
});
afterEach(async () => {
  await running.close();
  await nix.remove();
});

const BYTES = sampleBytes(3_000_000, "nix");

/** The bare derivation of a locked artifact. */
function derivation(path: string, artifact = "tool"): string {
  const variant = lockedVariant(artifact);
  const mode = variant.form === "executable" ? "recursive" : "flat";
  return `derivation {
    name = "${variant.name}";
    builder = "builtin:fetchurl";
    system = "builtin";
    url = "${running.url}${path}";
    executable = ${variant.form === "executable"};
    outputHash = "${variant.hash}";
    outputHashAlgo = "sha256";
    outputHashMode = "${mode}";
    preferLocalBuild = true;
  }`;
}

function lockedVariant(artifact: string) {
  const variant = running.lock().artifacts[artifact]?.systems["any"];
  if (variant === undefined) throw new Error(`${artifact} is not locked`);
  return variant;
}

/** Builds as a person does; gives what Nix said when it failed. */
async function build(expression: string): Promise<{ path: string; failure: string }> {
  const file = join(nix.root, "artifact.nix");
  await writeFile(file, expression);
  try {
    const { stdout } = await nix.run("nix-build", file, "--no-out-link");
    return { path: stdout.trim(), failure: "" };
  } catch (error) {
    return { path: "", failure: (error as { stderr: string }).stderr }; // execFile adds it to its errors
  }
}

function inStore(artifact: string): string {
  return join(nix.root, lockedVariant(artifact).storePath);
}

describe("a derivation that fetches through the proxy", () => {
  it("gets a file, at the store path of the lock", async () => {
    const path = await running.add("tool", { bytes: BYTES });
    const built = await build(derivation(path));
    expect(built).toEqual({ path: lockedVariant("tool").storePath, failure: "" });
    expect((await readFile(inStore("tool"))).equals(BYTES)).toBe(true);
  });

  it("gets a program that can be executed, at the store path of the lock", async () => {
    const path = await running.add("tool", { bytes: BYTES, form: "executable", name: "tool+x?=1" });
    const built = await build(derivation(path));
    expect(built).toEqual({ path: lockedVariant("tool").storePath, failure: "" });
    expect((await stat(inStore("tool"))).mode & 0o111).toBe(0o111);
  });

  it("is continued by Nix where a broken download ended", async () => {
    const path = await running.add("tool", { bytes: BYTES });
    let broken = false;
    running.upstream.serve("/tool", (_, response) => {
      response.writeHead(200, { "content-length": BYTES.length });
      if (broken) return response.end(BYTES);
      broken = true;
      return response.write(BYTES.subarray(0, 1_500_000), () => response.destroy());
    });
    const built = await build(derivation(path));
    expect(built).toEqual({ path: lockedVariant("tool").storePath, failure: "" });
    const served = running.logged.find(({ event }) => event === "served");
    expect(served?.["status"]).toBe(206);
  });

  it("fails on wrong bytes, and nothing gets into the store", async () => {
    const path = await running.add("tool", { bytes: BYTES });
    running.upstream.serve("/tool", sampleBytes(3_000_000, "evil"));
    const { failure } = await build(derivation(path));
    expect(failure).toContain("unable to download");
    expect(existsSync(inStore("tool"))).toBe(false);
    expect(running.logged.some(({ event }) => event === "served")).toBe(false);
  });

  it("shows its user why GitLab gave nothing, and does not ask again in vain", async () => {
    const path = await running.add("tool", { bytes: BYTES });
    running.failWith(gitlabError("GITLAB_UNAUTHORIZED", { status: 401 }));
    const { failure } = await build(derivation(path));
    expect(failure).toContain("GitLab said no. No token was sent. (log in)");
    expect(running.logged.filter(({ event }) => event === "failed")).toHaveLength(1);
  });

  it("does not notice a failure that passes", async () => {
    const path = await running.add("tool", { bytes: BYTES });
    running.failWith(gitlabError("GITLAB_RATE_LIMITED", { status: 429, transient: true }));
    expect(await build(derivation(path))).toEqual({ path: lockedVariant("tool").storePath, failure: "" });
  });

  it("is told what to do when the proxy serves another lock", async () => {
    const path = await running.add("tool", { bytes: BYTES });
    const { failure } = await build(derivation(path.replace("/12/", "/13/")));
    expect(failure).toContain("not in the artifacts.lock.json of this proxy");
    expect(running.logged.filter(({ event }) => event === "refused")).toHaveLength(1);
  });
});
