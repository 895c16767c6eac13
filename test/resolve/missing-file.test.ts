import { afterEach, beforeEach, expect, test } from "vitest";
import { listArchive } from "../../src/gitlab/archive-listing.js";
import { explainMissingFile } from "../../src/resolve/missing-file.js";
import { resolve } from "../../src/resolve/resolve.js";
import type { Resolved } from "../../src/resolve/resolved.js";
import { type EmbeddedGitLab, startGitLab } from "../../src/simulator/simulator.js";
import { CANARY, canaryFor, connect } from "../gitlab/test-client.js";
import { declaredVariant } from "./declared-variant.js";

let instance: EmbeddedGitLab;

beforeEach(async () => {
  instance = await startGitLab();
  instance.addToken({ token: CANARY, kind: "personal" });
  instance.addProject({ path: "g/app" });
});

afterEach(() => instance.close());

async function explain(file: string, files: Record<string, string>) {
  const pipeline = instance.addPipeline("g/app", { ref: "main" }).id;
  const job = instance.addJob("g/app", pipeline, { name: "build", artifacts: { files } });
  const gitlab = connect({ credentials: canaryFor(instance.url) });
  const variant = declaredVariant({ gitlab: instance.url, file });
  const [outcome] = await resolve([variant], { gitlab });
  if (outcome === undefined || "error" in outcome) throw outcome?.error ?? new Error("no outcome");
  const resolved: Resolved = outcome.resolved;
  const names = await listArchive(gitlab, { ...resolved, instance: resolved.gitlab });
  return { job: job.id, error: explainMissingFile(resolved, names) };
}

test.each(["19.5.0", "18.0.0"])(
  "GitLab %s: the error lists what the archive holds, nearest first",
  async (version) => {
    instance.knobs.version = version;
    const files = { "dist/app-linux-amd64": "1", "bin/app-linux-arm64": "2", "README.md": "3" };
    const { error, job } = await explain("dist/app-linux-arm64", files);
    expect(error.code).toBe("RESOLVE_NO_FILE");
    expect(error.message).toBe(
      `The archive of job ${job} "build" in g/app has no file "dist/app-linux-arm64"; ` +
        'it has "bin/app-linux-arm64", "dist/app-linux-amd64", "README.md".',
    );
    expect(error.at?.line).toBe(4);
    expect(instance.leaks).toEqual([]);
  },
);

test("a long list is cut, and all its pages were looked at", async () => {
  const files = Object.fromEntries(Array.from({ length: 150 }, (_, i) => [`dist/file-${i}.txt`, ""]));
  const { error } = await explain("zzz/wanted", { ...files, "zzz/wante": "" });
  expect(error.message).toMatch(/; it has "zzz\/wante", .* and 141 more\.$/);
});

test("an archive that cannot be listed is named with the page that shows it", async () => {
  instance.fault({ path: /\/artifacts/, kind: "not-found", message: "404 Not Found" });
  const { error, job } = await explain("dist/app", { other: "" });
  expect(error.message).toMatch(/has no file "dist\/app"\.$/);
  expect(error.hint).toBe(`look at ${instance.url}/g/app/-/jobs/${job}/artifacts/browse for the path`);
});

test("a broken archive of an old GitLab does not hide the error", async () => {
  instance.knobs.version = "18.0.0";
  instance.fault({ path: /\/artifacts$/, kind: "answer", status: 200, body: "no zip" });
  const { error } = await explain("dist/app", { other: "" });
  expect(error.code).toBe("RESOLVE_NO_FILE");
});
