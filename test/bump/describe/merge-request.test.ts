/** The description of a merge request, as people see it. */
import { expect, test } from "vitest";
import { describeTopic } from "../../../src/bump/describe/merge-request.js";
import { topicsOf } from "../../../src/bump/renew/topic.js";
import { DEFAULT_BUMP } from "../../../src/config/bump.js";
import { makeArtifact, makeLock, makeVariant } from "../../make/lock.js";
import { topicOfAcme } from "../company.js";

function rowsOf(description: string): string[] {
  return description.split("\n").filter((line) => line.startsWith("| `"));
}

test("a row tells version, job, commits, size with its change, and the days of build and expiry", () => {
  const topic = topicOfAcme({
    version: "1.3.0",
    size: 5_000_000,
    createdAt: "2026-11-19T08:00:00Z",
    expiresAt: "2027-02-01T00:00:00Z",
  });

  const page = "https://gitlab.example.com/platform/acme/-";
  const [from, to] = ["3f1c0ffee0000000000000000000000000000001", "a".repeat(40)];
  expect(rowsOf(describeTopic(topic, DEFAULT_BUMP).description)).toEqual([
    [
      "| `acme`",
      "`x86_64-linux`",
      "`1.2.3` → `1.3.0`",
      `[\`build 77001\`](<${page}/jobs/77001>) → [\`build 78001\`](<${page}/jobs/78001>)`,
      `[\`3f1c0ffe...aaaaaaaa\`](<${page}/compare/${from}...${to}>)`,
      "4.8 MiB (+4.8 MiB)",
      "2026-11-19",
      "2027-02-01 |",
    ].join(" | "),
  ]);
});

test("a system that comes or goes is told as one, and what never expires is said to", () => {
  const systems = { "aarch64-linux": makeVariant({ expiresAt: null, size: 2048 }) };
  const [topic] = topicsOf(DEFAULT_BUMP, {
    target: { branch: "main", isDefault: true },
    before: makeLock(),
    after: makeLock({ acme: makeArtifact({ systems }) }),
  });
  if (topic === undefined) throw new Error("there is no topic");

  const [comes, goes] = rowsOf(describeTopic(topic, DEFAULT_BUMP).description);

  expect(comes).toMatch(
    /^\| `acme` \| `aarch64-linux` \| `1\.2\.3` \| .* \| 2\.0 KiB \| 2026-11-20 \| never \|$/,
  );
  expect(goes).toMatch(/^\| `acme` \| `x86_64-linux` \| removed `1\.2\.3` \| removed .* \|  \|  \|  \|  \|$/);
});
