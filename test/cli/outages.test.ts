/** What passes as a rule: a run asks again before it gives up, so these wait beside each other. */
import { expect, test } from "vitest";
import type { Fault } from "../../src/simulator/http/faults.js";
import { expectFailure, startWithBuild } from "./failing-run.js";
import { makeRepository } from "./repository.js";

interface Outage {
  readonly name: string;
  /** Of the instance; by default its own. */
  readonly address?: string;
  readonly fault?: Fault;
  readonly says: RegExp;
}

const OUTAGES: readonly Outage[] = [
  {
    name: "an instance out of reach is named with the reason",
    address: "http://127.0.0.1:1",
    says: /127\.0\.0\.1:1[^]*(refused|ECONNREFUSED)/,
  },
  {
    name: "a body that breaks off is never locked",
    fault: { path: /\/artifacts/, kind: "truncated" },
    says: /sent \d+ of \d+ bytes/,
  },
  {
    name: "an answer that echoes the token does not show it",
    fault: { path: /\/jobs/, kind: "echo-headers" },
    says: /answered 500/,
  },
];

test.concurrent.each(OUTAGES)("$name", async ({ address, fault, says }) => {
  const gitlab = await startWithBuild();
  if (fault !== undefined) gitlab.fault(fault);
  try {
    expect(await expectFailure(makeRepository({ gitlab: address ?? gitlab.url }))).toMatch(says);
  } finally {
    await gitlab.close();
  }
});
