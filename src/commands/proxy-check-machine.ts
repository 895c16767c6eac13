/** What the proxy needs of the machine: a cache, a certificate, addresses. */
import { X509Certificate } from "node:crypto";
import { mkdir, readFile, rmdir, statfs } from "node:fs/promises";
import { createServer } from "node:http";
import { Agent } from "undici";
import { proxyVersion } from "../doctor/instance.js";
import { UserError } from "../errors.js";
import { openDirectory } from "../proxy/cache/directory.js";
import { type Reach, listenOn } from "../proxy/listen.js";
import { type ListenAddress, urlOf } from "../proxy/listener.js";
import { type TlsFiles, readTls } from "../proxy/tls.js";
import { formatBytes } from "../terminal/quantities.js";
import type { Seen } from "./looked.js";
import type { ProxySettings } from "./proxy-settings.js";

export async function checkCache({ cache, cacheSize }: ProxySettings): Promise<Seen> {
  const { root, newIncoming } = await openDirectory(cache);
  const probe = newIncoming("check");
  await mkdir(probe).catch((cause: Error) => {
    throw new UserError("CACHE_UNUSABLE", `the proxy cannot write to ${root}: ${cause.message}`);
  });
  await rmdir(probe);
  const { bavail, bsize } = await statfs(root);
  const free = bavail * bsize;
  const meaning = `${root}, ${formatBytes(free)} free of the ${formatBytes(cacheSize)} that it may take`;
  return free >= cacheSize
    ? { state: "ok", meaning }
    : { state: "warning", meaning, fix: "a smaller --cache-size, unless the rest is in the cache already" };
}

/** What expires soon should have been renewed by now. */
const RENEWED_DAYS = 3;

export async function checkCertificate(files: TlsFiles): Promise<Seen> {
  await readTls(files);
  const { validTo } = new X509Certificate(await readFile(files.cert));
  const days = (Date.parse(validTo) - Date.now()) / 86_400_000;
  const meaning = `${files.cert} ${days > 0 ? "is good until" : "has expired on"} ${validTo}`;
  if (days <= 0) return { state: "broken", meaning, fix: "renew it" };
  return days < RENEWED_DAYS ? { state: "warning", meaning, fix: "renew it" } : { state: "ok", meaning };
}

/** Listens for a moment. */
export async function checkAddress(address: ListenAddress, reach: Reach): Promise<Seen> {
  if ("fd" in address) return { state: "ok", meaning: "systemd will hand it over" };
  const server = createServer();
  try {
    await listenOn(server, address, reach);
    server.close();
    return { state: "ok", meaning: "free" };
  } catch (error) {
    const version = await versionOfProxyAt(address).catch(() => undefined);
    if (version === undefined) throw error;
    return { state: "note", meaning: `a proxy (${version}) runs there already` };
  }
}

async function versionOfProxyAt(address: ListenAddress): Promise<string | undefined> {
  const agent = new Agent("path" in address ? { connect: { socketPath: address.path } } : {});
  try {
    const url = "path" in address ? "http://localhost" : urlOf(address);
    return await proxyVersion(url, agent);
  } finally {
    await agent.destroy();
  }
}
