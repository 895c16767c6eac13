/** `artifacts proxy --check`: whether a proxy with these settings would serve. Starts nothing and looks at everything. */
import { X509Certificate } from "node:crypto";
import { mkdir, readFile, rmdir, statfs } from "node:fs/promises";
import { createServer } from "node:http";
import { relative } from "node:path";
import { Agent } from "undici";
import { type Finding, printFindings } from "../doctor/finding.js";
import { EXPIRY_WARNING_DAYS } from "../config/load.js";
import { proxyVersion } from "../doctor/instance.js";
import { checkExpiry } from "../doctor/lock.js";
import { UserError, userErrorsOf } from "../errors.js";
import { instancesOf } from "../lock/instances.js";
import { openDirectory } from "../proxy/cache/directory.js";
import { type Reach, listenOn, reachOf } from "../proxy/listen.js";
import { type ListenAddress, urlOf } from "../proxy/listener.js";
import type { LockState } from "../proxy/locks.js";
import { parseLockAddress } from "../proxy/lock-address.js";
import { entriesOf } from "../lock/entry.js";
import { concerns } from "../proxy/policy.js";
import { type TlsFiles, readTls } from "../proxy/tls.js";
import { formatBytes } from "../terminal/quantities.js";
import type { CommandContext, CommandResult } from "./command.js";
import { openGitLab } from "./open-gitlab.js";
import { openAllLocks } from "./open-locks.js";
import { hasOwnToken } from "./proxy-listeners.js";
import type { ProxySettings } from "./proxy-settings.js";
import { tokenStatus } from "./token-status.js";

export async function checkProxySettings(
  settings: ProxySettings,
  context: CommandContext,
): Promise<CommandResult> {
  const { locks, states } = await checkLocks(settings, context);
  const { listeners, passthrough, idTokens, certificates, admin, tls } = settings;
  const named = [passthrough, idTokens, certificates].flatMap((one) => one?.listeners ?? []);
  const addresses: readonly (readonly [ListenAddress, Reach])[] = [
    ...[...listeners, ...admin].map((address) => [address, "this machine"] as const),
    ...named.map((address) => [address, reachOf(address)] as const),
  ];
  const findings = [
    ...locks,
    ...checkPolicy(settings, states),
    ...(await checkInstances(states, settings, context)),
    await looked("Cache", () => checkCache(settings)),
    ...(tls === undefined ? [] : [await looked("Certificate", () => checkCertificate(tls))]),
    ...(await Promise.all(
      addresses.map(([address, reach]) =>
        looked(`Address ${urlOf(address)}`, () => checkAddress(address, reach)),
      ),
    )),
  ];
  const broken = findings.filter(({ state }) => state === "broken");
  return {
    data: { findings },
    text: printFindings(findings),
    errors: broken.map(
      ({ name, meaning, fix }) => new UserError("PROXY_NOT_FIT", `${name}: ${meaning}`, { hint: fix }),
    ),
  };
}

type Seen = Omit<Finding, "name">;

/** What `look` sees; an error of the user's is what is broken. */
async function looked(name: string, look: () => Promise<Seen>): Promise<Finding> {
  try {
    return { name, ...(await look()) };
  } catch (error) {
    const [first] = userErrorsOf(error) ?? [];
    if (first === undefined) throw error;
    const { message: meaning, hint } = first;
    return { name, state: "broken", meaning, ...(hint === undefined ? {} : { fix: hint }) };
  }
}

async function checkLocks({ files, instance }: ProxySettings, context: CommandContext) {
  const { cwd: directory } = context;
  const gitlab = openGitLab(context);
  const findings: Finding[] = [];
  const all: LockState[] = [];
  for (const file of files) {
    const name = `Lock ${parseLockAddress(file) === undefined ? relative(directory, file) : file}`;
    const finding = await looked(name, async () => {
      const only = { files: [file], cache: undefined, log: () => {} };
      const locks = await openAllLocks({ ...only, directory, instance, gitlab });
      locks.close();
      all.push(...locks.states());
      const problem = locks.states().find((state) => state.problem !== undefined)?.problem;
      if (problem !== undefined) return { state: "broken", meaning: problem.message, fix: "artifacts lock" };
      return { state: "ok", meaning: `${countOf(locks.states())} variants are locked` };
    });
    findings.push(finding);
  }
  await gitlab.close();
  const expiry = all.map(({ lock }) => checkExpiry(lock, { now: new Date(), days: EXPIRY_WARNING_DAYS }));
  return { states: all, locks: [...findings, ...expiry.filter(({ state }) => state !== "ok")] };
}

function countOf(states: readonly LockState[]): number {
  return states.reduce((sum, { lock }) => sum + entriesOf(lock).length, 0);
}

/** A policy that gives nobody anything is a mistake more often than not. */
function checkPolicy({ policy }: ProxySettings, states: readonly LockState[]): Finding[] {
  if (policy === undefined) return [];
  const name = "Policy";
  const entries = states.flatMap(({ lock }) => entriesOf(lock));
  const unused = policy.filter(
    (rule) => entries.length > 0 && !entries.some((entry) => concerns(rule, entry)),
  );
  if (!policy.some(({ effect }) => effect === "allow")) {
    const fix = 'add a last rule: { name: "everything else", effect: "allow" }';
    return [{ name, state: "warning", meaning: "no rule allows anything, so everything is denied", fix }];
  }
  if (unused.length === 0) return [{ name, state: "ok", meaning: `${policy.length} rules` }];
  const names = unused.map((rule) => `"${rule.name}"`).join(", ");
  return [{ name, state: "warning", meaning: `nothing that is locked is concerned by ${names}` }];
}

/** With its own token, the proxy needs one for every instance; callers' tokens go to one instance alone. */
async function checkInstances(
  states: readonly LockState[],
  settings: ProxySettings,
  context: CommandContext,
): Promise<Finding[]> {
  const { passthrough } = settings;
  const instances = instancesOf(...states.map(({ lock }) => lock));
  const elsewhere = instances.filter((instance) => new URL(instance).origin !== passthrough?.origin.origin);
  return [
    ...(await Promise.all(hasOwnToken(settings) ? instances.map((one) => checkToken(one, context)) : [])),
    ...(passthrough === undefined ? [] : elsewhere.map((one) => refusedCallers(one, passthrough.origin))),
  ];
}

async function checkToken(instance: string, context: CommandContext): Promise<Finding> {
  const name = `Token for ${new URL(instance).host}`;
  const status = await tokenStatus(instance, { ...context, confirm: undefined });
  const { source, problem, canReadArtifacts, fix = `artifacts auth status ${instance}` } = status;
  if (canReadArtifacts && problem === undefined)
    return { name, state: "ok", meaning: `from ${source ?? "?"}` };
  if (source === undefined && problem === undefined) {
    return { name, state: "warning", meaning: "there is none: only public projects are served", fix };
  }
  const state = canReadArtifacts ? "warning" : "broken";
  return { name, state, meaning: problem ?? "it cannot read artifacts", fix };
}

function refusedCallers(instance: string, origin: URL): Finding {
  const meaning = `callers' tokens are sent to ${origin.origin} alone: what is locked from here is refused to them`;
  return { name: `Callers of ${new URL(instance).host}`, state: "warning", meaning };
}

async function checkCache({ cache, cacheSize }: ProxySettings): Promise<Seen> {
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

async function checkCertificate(files: TlsFiles): Promise<Seen> {
  await readTls(files);
  const { validTo } = new X509Certificate(await readFile(files.cert));
  const days = (Date.parse(validTo) - Date.now()) / 86_400_000;
  const meaning = `${files.cert} ${days > 0 ? "is good until" : "has expired on"} ${validTo}`;
  if (days <= 0) return { state: "broken", meaning, fix: "renew it" };
  return days < RENEWED_DAYS ? { state: "warning", meaning, fix: "renew it" } : { state: "ok", meaning };
}

/** Listens for a moment. */
async function checkAddress(address: ListenAddress, reach: Reach): Promise<Seen> {
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
