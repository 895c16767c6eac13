import { afterEach, beforeEach, expect, test, vi } from "vitest";
import type { GitLab } from "../src/gitlab/gitlab.js";
import { Hashing } from "../src/hash-all.js";
import { EMPTY_LOCK } from "../src/lock/schema.js";
import { resolve } from "../src/resolve/resolve.js";
import type { Described } from "../src/resolve/resolved.js";
import { type EmbeddedGitLab, startGitLab } from "../src/simulator/simulator.js";
import { createStyle } from "../src/terminal/style.js";
import { createTerminal } from "../src/terminal/terminal.js";
import { CANARY, canaryFor, connect } from "./gitlab/test-client.js";
import { declaredVariant } from "./resolve/declared-variant.js";

let instance: EmbeddedGitLab;
let gitlab: GitLab;

beforeEach(async () => {
  instance = await startGitLab();
  instance.addToken({ token: CANARY, kind: "personal" });
  gitlab = connect({ credentials: canaryFor(instance.url) });
});

afterEach(async () => {
  await gitlab.close();
  await instance.close();
});

test("downloads begin when many are known, while others are still looked for", async () => {
  const all = await resolveProjects(65);
  const [last, ...others] = all;
  const hashing = startHashing();
  for (const one of others) hashing.add([one]);
  await vi.waitFor(() => expect(downloads()).toBeGreaterThan(0));

  if (last !== undefined) hashing.add([last]);
  hashing.begin();
  const { hashed, failures } = await hashing.finish(all);
  expect([hashed.length, failures.length, downloads()]).toEqual([65, 0, 65]);
});

test("what is given up begins no other download", async () => {
  const hashing = startHashing();
  const all = await resolveProjects(65);
  for (const one of all) hashing.add([one]);
  await hashing.stop();
  const begun = downloads();
  hashing.begin();
  await hashing.finish(all);
  expect(begun).toBeLessThan(65);
  expect(downloads()).toBe(begun);
});

function startHashing(): Hashing {
  const style = createStyle({}, {});
  const terminal = createTerminal({ stream: process.stderr, style, quiet: true, verbose: false });
  const { signal } = new AbortController();
  return new Hashing({ previous: EMPTY_LOCK, rehash: false }, { gitlab, terminal, signal });
}

async function resolveProjects(count: number): Promise<Described[]> {
  const paths = Array.from({ length: count }, (_, index) => `g/p${index}`);
  for (const path of paths) {
    instance.addProject({ path });
    const artifacts = { files: { "dist/app": path } };
    instance.addPipeline(path, { ref: "main", jobs: [{ name: "build", artifacts }] });
  }
  const outcomes = await resolve(
    paths.map((project) => declaredVariant({ gitlab: instance.url, artifact: project, project })),
    { gitlab },
  );
  return outcomes.flatMap((one) => ("resolved" in one ? [one.resolved] : []));
}

function downloads(): number {
  return instance.requests.filter(({ path }) => path.endsWith("/artifacts/dist/app")).length;
}
