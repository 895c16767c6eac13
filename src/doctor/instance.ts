/** A GitLab instance as one reaches it from here, without any credential: the network, and the clocks. */
import { type Dispatcher, request } from "undici";
import { z } from "zod";
import type { Finding } from "./finding.js";

const TIMEOUT_MS = 5_000;
/** Characters that a proxy's answer about its version has at most, many times over. */
const MAX_VERSION = 16 * 1024;
/** Presigned URLs and tokens are good for minutes. */
const SKEW_MS = 60_000;

/** @param now clock in milliseconds */
export async function checkInstance(instance: string, now: () => number): Promise<Finding[]> {
  try {
    const asked = now();
    const { headers, body } = await request(`${instance}/api/v4/version`, {
      method: "HEAD",
      headersTimeout: TIMEOUT_MS,
    });
    await body.dump();
    const reached: Finding = { name: instance, state: "ok", meaning: "it answers" };
    const date = typeof headers["date"] === "string" ? Date.parse(headers["date"]) : Number.NaN;
    return Number.isNaN(date) ? [reached] : [reached, judgeClock(date - asked)];
  } catch (error) {
    return [
      {
        name: instance,
        state: "broken",
        meaning: `it cannot be reached: ${reasonOf(error)}`,
        fix: fixFor(error),
      },
    ];
  }
}

function judgeClock(aheadMs: number): Finding {
  if (Math.abs(aheadMs) <= SKEW_MS) return { name: "Clock", state: "ok", meaning: "the same as GitLab's" };
  const minutes = Math.round(Math.abs(aheadMs) / 60_000);
  return {
    name: "Clock",
    state: "warning",
    meaning: `this machine is ${minutes} min ${aheadMs > 0 ? "behind" : "ahead of"} GitLab: tokens and storage links seem to end at other times`,
    fix: "sudo timedatectl set-ntp true",
  };
}

const ProxyVersion = z.object({ name: z.literal("nix-artifacts"), version: z.string().max(40) });

/**
 * Which proxy answers at an address.
 *
 * @param ours version of this program
 */
export async function checkProxy(address: string, ours: string): Promise<Finding> {
  const name = "Proxy";
  try {
    const version = await proxyVersion(address);
    if (version === undefined) {
      const meaning = `something else than the artifacts proxy answers at ${address}`;
      return {
        name,
        state: "broken",
        meaning,
        fix: "check `proxy` in artifacts.config.ts, and what listens there",
      };
    }
    if (version === ours) return { name, state: "ok", meaning: `version ${version} answers at ${address}` };
    const meaning = `version ${version} answers at ${address}, and this is ${ours}`;
    return { name, state: "warning", meaning, fix: "run the same version on both sides" };
  } catch (error) {
    return {
      name,
      state: "broken",
      meaning: `nothing answers at ${address}, where the derivations will ask: ${reasonOf(error)}`,
      fix: "run `artifacts proxy` here, or `artifacts fetch` before the build",
    };
  }
}

/** The version of the proxy at a base URL; undefined when something else answers there. */
export async function proxyVersion(url: string, dispatcher?: Dispatcher): Promise<string | undefined> {
  const signal = AbortSignal.timeout(TIMEOUT_MS);
  const { body } = await request(`${url}/-/version`, {
    signal,
    ...(dispatcher === undefined ? {} : { dispatcher }),
  });
  let text = "";
  for await (const part of body) {
    text += String(part);
    if (text.length > MAX_VERSION) return undefined;
  }
  return ProxyVersion.safeParse(jsonOf(text)).data?.version;
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function reasonOf(error: unknown): string {
  if (error instanceof Error && error.name === "TimeoutError") return `nothing within ${TIMEOUT_MS / 1000} s`;
  return error instanceof Error && "code" in error ? String(error.code) : "no answer";
}

function fixFor(error: unknown): string {
  switch (reasonOf(error)) {
    case "ENOTFOUND":
    case "EAI_AGAIN":
      return "check the spelling in artifacts.config.ts, the DNS server, and the VPN";
    case "ECONNREFUSED":
      return "check the port in artifacts.config.ts, and whether the instance is up";
    case "SELF_SIGNED_CERT_IN_CHAIN":
    case "DEPTH_ZERO_SELF_SIGNED_CERT":
    case "UNABLE_TO_GET_ISSUER_CERT_LOCALLY":
    case "UNABLE_TO_VERIFY_LEAF_SIGNATURE":
      return "export NODE_EXTRA_CA_CERTS with the certificate of your company's authority";
    default:
      return "check the network, the VPN and the firewall";
  }
}
