/** Random histories of builds, people and runs, also of runs that are killed or at work at the same time: a model-based test. */
import * as fc from "fast-check";
import { test } from "vitest";
import { DEFAULT_BUMP, type Bump } from "../../src/config/bump.js";
import { RELEASE, TOOLS, type People } from "./history-checks.js";
import { COMMANDS, RUN } from "./history-commands.js";
import { foundSmallCompany } from "./small-company.js";

const HISTORIES = 2000;

const settings = fc.record({
  maximumOpen: fc.constantFrom(1, 2, 10),
  rebase: fc.constantFrom("conflicted" as const, "behind" as const, "never" as const),
  automerge: fc.boolean(),
  dashboard: fc.boolean(),
  targetBranches: fc.constantFrom(["main"], ["main", RELEASE]),
});
const COMMON: Bump = {
  ...DEFAULT_BUMP,
  semanticCommits: false,
  rules: [{ artifacts: ["crane", "drill"], group: "pair" }],
};

test(
  "in no history is a merge request doubled, a person overwritten, a refusal forgotten or something left undone",
  { timeout: 600_000 },
  async () => {
    const histories = fc.commands([...COMMANDS], { maxCommands: 16, size: "+1" });
    await fc.assert(
      fc.asyncProperty(settings, histories, async (chosen, history) => {
        const bump = { ...COMMON, ...chosen };
        const company = await foundSmallCompany(TOOLS, bump);
        const said = { heads: new Map(), refused: new Set<string>(), merged: new Set<number>() };
        const people: People = { bump, ...said, stopped: new Map(), taken: new Set(), forged: false };
        await fc.asyncModelRun(() => ({ model: people, real: company }), [...history, RUN]);
      }),
      { numRuns: HISTORIES, endOnFailure: false },
    );
  },
);
