/**
 * The bot in one project with many artifacts, and in many projects: how much it asks, and how long it takes. The simulator runs in
 * the same process.
 */
import { expect, test } from "vitest";
import { checkout, startCompany, type Company } from "../test/bump/company.js";
import { startGroup } from "../test/bump/group.js";

const TOOLS = Array.from({ length: 300 }, (_, index) => `tool-${index}`);

interface Measured {
  readonly seconds: number;
  /** Of the processor, the simulator's included: waiting for GitLab is the rest. */
  readonly cpuSeconds: number;
  readonly writes: number;
  /** Requests of the bot, without those that resolve what the manifests mean. */
  readonly own: number;
}

/** As in a scheduled pipeline, which has the files already. */
async function measure(company: Company): Promise<Measured> {
  const { gitlab, run, writes } = company;
  const directory = checkout(company);
  writes();
  const seen = gitlab.requests.length;
  const start = process.hrtime.bigint();
  const before = process.cpuUsage();
  await run({ checkout: directory });
  const seconds = Number(process.hrtime.bigint() - start) / 1e9;
  const { user, system } = process.cpuUsage(before);
  const asked = gitlab.requests.slice(seen).filter(({ path }) => path.includes("%2Fpackages"));
  return { seconds, cpuSeconds: (user + system) / 1e6, own: asked.length, writes: writes().length };
}

function row(title: string, { seconds, cpuSeconds, own, writes }: Measured, aim: string): void {
  process.stdout.write(
    `${title.padEnd(60)}${seconds.toFixed(1)} s (${cpuSeconds.toFixed(1)} s CPU)  ${own} own requests  ${writes} writes  aim: ${aim}\n`,
  );
}

test.each([
  ["", "maximumOpen: null"],
  [", dashboard", "maximumOpen: null, dashboard: true"],
])(
  "300 artifacts%s: 50 bumps at 20 ms latency, then nothing to do",
  { timeout: 600_000 },
  async (with_, config) => {
    const company = await startCompany({ tools: TOOLS, config, latencyMs: 20 });
    for (const tool of TOOLS.slice(0, 50)) company.build(tool);

    row(`bump, 300 artifacts${with_}, 50 new merge requests`, await measure(company), "≤ 20 s");
    expect(company.open()).toHaveLength(50);
    for (const tool of TOOLS.slice(50, 100)) company.build(tool);
    await company.run();
    const idle = await measure(company);
    row(`bump, 300 artifacts${with_}, 100 open, nothing to do`, idle, "≤ 42 requests, 0 writes");
    expect(idle.writes).toBe(0);
  },
);

test("a group of 50 projects at 20 ms latency: nothing to do", { timeout: 600_000 }, async () => {
  const projects = Array.from({ length: 50 }, (_, index) => `platform/packages-${index}`);
  const group = await startGroup(projects, { latencyMs: 20 });
  await group.run();
  group.mergeAll();
  group.asked();
  const start = process.hrtime.bigint();
  const before = process.cpuUsage();
  const { runs } = await group.run();
  const seconds = Number(process.hrtime.bigint() - start) / 1e9;
  const { user, system } = process.cpuUsage(before);
  const asked = group.asked();
  const writes = asked.filter((request) => !/^GET |^POST \/api\/graphql/.test(request)).length;
  const idle = { seconds, cpuSeconds: (user + system) / 1e6, own: asked.length, writes };
  row("bump --group, 50 projects, nothing to do", idle, "11 requests a project and 4, 0 writes");
  expect(runs).toHaveLength(50);
  expect(writes).toBe(0);
});
