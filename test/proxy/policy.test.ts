import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { ProxyRule } from "../../src/config/proxy-rule.js";
import { createMetrics } from "../../src/proxy/admin/metrics.js";
import { createWatch } from "../../src/proxy/admin/watch.js";
import { narPath, narinfoPath } from "../../src/proxy/narinfo.js";
import { type Caller, permitted } from "../../src/proxy/policy.js";
import { sriToHex } from "../../src/store/sri.js";
import { makeVariant } from "../make/lock.js";
import { type RunningProxy, ask, runProxy } from "./running-proxy.js";

const MACHINE: Caller = { kind: "machine" };

/** Names of what the caller gets of these artifacts, each by its project. */
function allowed(rules: readonly ProxyRule[] | undefined, caller = MACHINE): readonly string[] {
  const all = { "acme-cli": "platform/acme", "acme-gui": "platform/acme", signer: "security/keys/signer" };
  return Object.entries(all).flatMap(([artifact, project]) => {
    const entry = { artifact, system: "any", variant: makeVariant({ project }) };
    try {
      return permitted(rules, caller, [entry]).map((one) => one.artifact);
    } catch {
      return [];
    }
  });
}

describe("the rules", () => {
  it.each<[string, readonly ProxyRule[] | undefined, readonly string[]]>([
    ["nothing is said: all", undefined, ["acme-cli", "acme-gui", "signer"]],
    ["what no rule allows is denied", [{ name: "a", effect: "deny", artifacts: ["signer"] }], []],
    ["by artifact", [{ name: "a", effect: "allow", artifacts: ["acme-*"] }], ["acme-cli", "acme-gui"]],
    ["by project", [{ name: "a", effect: "allow", projects: ["security/*"] }], ["signer"]],
    [
      "the first that fits decides",
      [
        { name: "a", effect: "deny", artifacts: ["acme-gui"] },
        { name: "b", effect: "allow", projects: ["platform/*"] },
        { name: "c", effect: "deny" },
      ],
      ["acme-cli"],
    ],
    [
      "a rule fits when all that it says does",
      [{ name: "a", effect: "allow", artifacts: ["*-cli", "signer"], projects: ["platform/acme"] }],
      ["acme-cli"],
    ],
    [
      "by who asks",
      [{ name: "a", effect: "allow", artifacts: ["signer"], callers: [{ kind: "token" }] }],
      [],
    ],
  ])("%s", (_, rules, names) => {
    expect(allowed(rules)).toEqual(names);
  });

  it("tell callers apart by what they prove about themselves", () => {
    const rules: ProxyRule[] = [{ name: "a", effect: "allow", callers: [{ kind: "token" }] }];
    expect(allowed(rules, { kind: "token" })).toEqual(["acme-cli", "acme-gui", "signer"]);
    expect(allowed(rules, MACHINE)).toEqual([]);
  });

  it("leave the same bytes to whom another name of them is allowed, under that name", () => {
    const entries = [
      { artifact: "signer", system: "any", variant: makeVariant() },
      { artifact: "copy", system: "any", variant: makeVariant() },
    ] as const;
    const rules: ProxyRule[] = [{ name: "a", effect: "allow", artifacts: ["copy"] }];
    expect(permitted(rules, MACHINE, [...entries])).toEqual([entries[1]]);
  });
});

describe("what the policy denies", () => {
  const RULE = "signing stays with security";
  const watch = createWatch();
  const metrics = createMetrics();
  let running: RunningProxy;
  let path: string;

  beforeEach(async () => {
    running = await runProxy({
      admin: { watch, metrics, lockStates: () => [], listeners: [{ host: "127.0.0.1", port: 0 }] },
      policy: [
        { name: RULE, effect: "deny", artifacts: ["signer"] },
        { name: "the rest", effect: "allow" },
      ],
    });
    path = await running.add("signer", { bytes: Buffer.from("key material") });
  });
  afterEach(() => running.close());

  it("is answered to the letter as what is not locked, however it is asked for", async () => {
    const variant = running.lock().artifacts["signer"]?.systems["any"];
    if (variant === undefined) throw new Error("it was added above");
    const paths = [path, `/sha256/${sriToHex(variant.hash)}`, narPath(variant), narinfoPath(variant)];
    for (const asked of paths) {
      for (const options of [{}, { method: "HEAD" }, { headers: { range: "bytes=99999-" } }]) {
        const [denied, unknown] = await Promise.all(
          [asked, asked.replace(/[0-9a-f]{8}/, "00000000")].map((one) => ask(running.url, one, options)),
        );
        expect(plain(denied)).toEqual(plain(unknown));
        expect(denied?.status).toBe(404);
      }
    }
    expect(running.upstream.requests).toEqual([]);
  });

  it("names the rule to the operator, in log, metrics and status, and to nobody else", async () => {
    const { body, headers } = await ask(running.url, path);
    expect(body.toString() + JSON.stringify(headers)).not.toContain(RULE);
    expect(running.logged).toContainEqual(
      expect.objectContaining({
        level: "warn",
        event: "denied",
        artifact: "signer",
        rule: RULE,
        caller: "machine",
        status: 404,
        id: headers["x-request-id"],
      }),
    );
    const admin = running.proxy.urls.at(-1) ?? "";
    expect((await ask(admin, "/metrics")).body.toString()).toContain(
      `artifacts_proxy_denied_total{rule="${RULE}"} 1`,
    );
    expect((await ask(admin, "/")).body.toString()).toContain(RULE);
  });

  it("leaves everything else as it is", async () => {
    const other = await running.add("tool", { bytes: Buffer.from("hello") });
    expect((await ask(running.url, other)).body.toString()).toBe("hello");
    expect((await ask(running.url, "/nix-cache-info")).status).toBe(200);
  });
});

/** Without what differs between any two answers. */
function plain(answer: Awaited<ReturnType<typeof ask>> | undefined) {
  if (answer === undefined) throw new Error("two were asked for");
  const { "x-request-id": _id, date: _date, ...headers } = answer.headers;
  return { ...answer, headers, body: answer.body.toString() };
}
