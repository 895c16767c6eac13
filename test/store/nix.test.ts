import { spawnSync } from "node:child_process";
import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { UserError } from "../../src/errors.js";
import { createNix } from "../../src/store/nix.js";
import { type TemporaryNix, temporaryNix } from "./temporary-nix.js";

const STORE = fileURLToPath(new URL("../../dist/store", import.meta.url));

let nix: TemporaryNix;
let directory: string;
beforeAll(async () => {
  nix = await temporaryNix();
  directory = await mkdtemp(join(tmpdir(), "nix-artifacts-test-"));
});
afterAll(async () => {
  await nix.remove();
  await rm(directory, { recursive: true });
});

/** A directory with a `nix-store` of ours in it, to be used as PATH. */
async function fakeNixStore(script: string): Promise<string> {
  const path = await mkdtemp(join(directory, "path-"));
  await writeFile(join(path, "nix-store"), `#!/bin/sh\n${script}\n`, { mode: 0o755 });
  return path;
}

describe("Nix", () => {
  it("adds files under their own names and knows afterwards that they are there", async () => {
    const file = join(directory, "art.bin");
    await writeFile(file, "hello artifact\n");
    const absent = "/nix/store/6f2l1dh2b1qbp7ssqfixjqn2dp39ca84-art.bin";
    const real = createNix({ env: nix.env });
    const added = "/nix/store/6f2l1dh2b1qbp7ssqfixjqn2dp39ca83-art.bin";
    await real.addFixed(file, "flat");
    expect(await real.missing([added, absent])).toEqual(new Set([absent]));
  });

  it("keeps the executable bit when it adds a NAR", async () => {
    const file = join(directory, "tool");
    await writeFile(file, "#!/bin/sh\n", { mode: 0o755 });
    await createNix({ env: nix.env }).addFixed(file, "nar");
    const store = join(nix.root, "nix/store");
    const name = (await readdir(store)).find((name) => name.endsWith("-tool")) ?? "";
    const { stdout } = await nix.run("nix-store", "--dump", join(store, name));
    expect(stdout).toContain("executable");
  });

  it("is not run at all when there is nothing to ask", async () => {
    const nowhere = createNix({ env: { PATH: directory } });
    expect(await nowhere.missing([])).toEqual(new Set());
  });

  it("sees no token of our environment", async () => {
    const seen = join(directory, "seen");
    const path = await fakeNixStore(`/usr/bin/env > ${seen}`);
    const secrets = {
      GITLAB_TOKEN: "canary-1",
      CI_JOB_TOKEN: "canary-2",
      GITLAB_ACCESS_TOKEN: "canary-3",
      AWS_SECRET_ACCESS_KEY: "canary-4",
      npm_config__auth: "canary-5",
    };
    await createNix({ env: { PATH: path, HOME: "/somewhere", ...secrets } }).missing(["/nix/store/x"]);
    const environment = await readFile(seen, "utf8");
    expect(environment).toContain("HOME=/somewhere");
    expect(environment).not.toContain("canary");
  });

  it("says how to install Nix when there is none", async () => {
    const asking = createNix({ env: { PATH: directory } }).missing(["/nix/store/x"]);
    await expect(asking).rejects.toMatchObject({
      code: "NIX_MISSING",
      hint: expect.stringContaining("https://nixos.org/download"),
    });
    await expect(asking).rejects.toBeInstanceOf(UserError);
  });

  it("shows the end of what Nix said when it fails, not all of it", async () => {
    const path = await fakeNixStore("yes noise | /usr/bin/head -c 100000 >&2; echo the reason >&2; exit 3");
    const error = await createNix({ env: { PATH: `${path}:/usr/bin:/bin` } })
      .addFixed("/tmp/x", "flat")
      .catch((error: unknown) => error);
    expect(error).toMatchObject({ code: "NIX_FAILED", message: expect.stringContaining("the reason") });
    expect(error).toHaveProperty("message", expect.stringContaining("nix-store --add-fixed failed (3)"));
    expect(String(error).length).toBeLessThan(3_000);
  });

  it("says what to allow where there are no more files to open, however it is reached", () => {
    const script = `
      import { openSync } from "node:fs";
      import { createNix } from "${STORE}/nix.js";
      import { socketTransport } from "${STORE}/daemon/transport.js";
      const nix = createNix({ env: process.env });
      try { for (;;) openSync("/dev/null"); } catch {}
      const ways = [
        () => nix.daemon(),
        () => socketTransport("/nowhere"),
        () => nix.missing(["/nix/store/x"]),
        () => nix.restore((async function* () {})(), "/nowhere"),
      ];
      const told = await Promise.allSettled(ways.map((way) => way()));
      for (const { reason } of told) console.log(reason.name, /EMFILE/.test(reason.message), reason.hint);`;
    const limited = ["-c", 'ulimit -n 100; exec "$0" --input-type=module -e "$1"', process.execPath, script];
    const { stdout, stderr } = spawnSync("sh", limited, { encoding: "utf8" });
    expect({ stderr, lines: stdout.trimEnd().split("\n") }).toEqual({
      stderr: "",
      lines: Array.from({ length: 4 }, () => expect.stringMatching(/^UserError true .*ulimit -n/)),
    });
  });
});
