import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { type Tls, openTls } from "../../src/proxy/tls.js";
import { sampleBytes } from "../store/samples.js";
import { type TemporaryNix, temporaryNix } from "../store/temporary-nix.js";
import { type CertificateAuthority, startAuthority } from "./certificates.js";
import { type RunningProxy, runProxy } from "./running-proxy.js";

const BYTES = sampleBytes(1_000_000, "tls");

let authority: CertificateAuthority;
let running: RunningProxy;
let nix: TemporaryNix;
let tls: Tls;
let path: string;
let storePath: string;

beforeEach(async () => {
  authority = await startAuthority();
  const server = await authority.issue({ name: "proxy", alternative: ["IP:127.0.0.1"], usage: "serverAuth" });
  tls = await openTls({ ...server, clientCa: authority.cert }, { log: () => {} });
  const listeners = [{ host: "127.0.0.1", port: 0, tls: true }];
  [running, nix] = await Promise.all([
    runProxy({ listeners, certificates: { listeners }, tls }),
    temporaryNix(),
  ]);
  path = await running.add("tool", { bytes: BYTES });
  storePath = running.lock().artifacts["tool"]?.systems["any"]?.storePath ?? "";
});
afterEach(async () => {
  tls.close();
  await Promise.all([running.close(), nix.remove(), authority.remove()]);
});

/** Nix, which trusts the authority as an administrator tells it to. */
function trusting(program: string, ...args: string[]) {
  nix.env["NIX_SSL_CERT_FILE"] = authority.cert;
  return nix.run(program, ...args);
}

async function stored() {
  return (await readFile(join(nix.root, storePath))).equals(BYTES);
}

/** What builds a derivation that has the proxy's address. */
function buildArguments(): readonly ["nix-build", ...string[]] {
  const variant = running.lock().artifacts["tool"]?.systems["any"];
  const expression = `derivation {
    name = "${variant?.name}"; builder = "builtin:fetchurl"; system = "builtin"; url = "${running.url}${path}";
    outputHash = "${variant?.hash}"; outputHashAlgo = "sha256"; outputHashMode = "flat";
  }`;
  return ["nix-build", "-E", expression, "--no-out-link"];
}

async function minorVersion(): Promise<number> {
  const { stdout } = await nix.run("nix", "--version");
  return Number(/2\.(\d+)/.exec(stdout)?.[1]);
}

describe("over TLS", () => {
  it("a derivation gets its bytes from an address that Nix trusts", async () => {
    const { stdout } = await trusting(...buildArguments());
    expect(stdout.trim()).toBe(storePath);
    expect(await stored()).toBe(true);
  });

  it("a derivation gets nothing from another, unless Nix is too old to look", async () => {
    const building = nix.run(...buildArguments());
    if ((await minorVersion()) < 24) await building;
    else await expect(building).rejects.toThrow(/certificate/i);
  });

  it("Nix copies what is in the cache with a client certificate, and since 2.34 it can show one", async () => {
    const { cert, key } = await authority.issue({ name: "builder.test" });
    const cache = `${running.proxy.urls[1]}?tls-certificate=${cert}&tls-private-key=${key}`;
    const copy = () =>
      trusting("nix", "--extra-experimental-features", "nix-command", "copy", "--from", cache, storePath);
    if ((await minorVersion()) >= 34) {
      await copy();
      expect(await stored()).toBe(true);
    } else {
      await expect(copy()).rejects.toThrow("Command failed");
      const error = expect.stringContaining("wants a client certificate");
      expect(running.logged).toContainEqual(expect.objectContaining({ event: "refused", error }));
    }
  });
});
