import { beforeEach, expect, onTestFinished, test, vi } from "vitest";
import type { GitLab } from "../src/gitlab/gitlab.js";
import { EMPTY_LOCK } from "../src/lock/schema.js";
import { relock } from "../src/pipeline.js";
import { type EmbeddedGitLab, startGitLab } from "../src/simulator/simulator.js";
import { createStyle } from "../src/terminal/style.js";
import { createTerminal } from "../src/terminal/terminal.js";
import { CANARY, canaryFor, connect } from "./gitlab/test-client.js";
import { makeDeclared } from "./make/lock.js";

const FILE = "dist/acme-linux";

let instance: EmbeddedGitLab;
let gitlab: GitLab;

beforeEach(async () => {
  instance = await startGitLab();
  onTestFinished(() => instance.close());
  gitlab = connect({ credentials: canaryFor(instance.url) });
  instance.addToken({ token: CANARY, kind: "personal" });
  instance.addProject({ path: "platform/acme", protectedRefs: ["main"] });
  instance.forge("platform/acme").repository.commit("main", { files: { README: "acme\n" } });
  const artifacts = { files: { [FILE]: "acme" } };
  instance.addPipeline("platform/acme", { ref: "main", jobs: [{ name: "build", artifacts }] });
});

test("the download of a new artifact does not wait for its version and the protection of its ref", async () => {
  const downloaded = () => vi.waitFor(() => expect(downloads()).toBe(1));
  const { lock, errors } = await lockWith({
    ...gitlab,
    async get(at, path, ...question) {
      if (path.includes("branches")) await downloaded();
      return gitlab.get(at, path, ...question);
    },
    async *pages(at, path, ...question) {
      if (path.includes("tags")) await downloaded();
      yield* gitlab.pages(at, path, ...question);
    },
  });
  expect(errors).toEqual([]);
  expect(lock.artifacts["acme"]?.systems["x86_64-linux"]).toMatchObject({
    version: expect.stringMatching(/^0-unstable-/),
    provenance: { refProtected: true },
  });
});

test.each([
  ["good", []],
  ["refused", [{ kind: "answer", status: 403, path: FILE }] as const],
])(
  "an artifact whose version cannot be found out fails for that alone, also when its bytes are %s",
  async (_, faults) => {
    instance.fault({ kind: "bad-gateway", path: "/repository/tags" });
    for (const fault of faults) instance.fault(fault);
    const { lock, downloaded, errors } = await lockWith(gitlab);
    expect(errors.map(({ code }) => code)).toEqual(["GITLAB_UNAVAILABLE"]);
    expect([lock, downloaded]).toEqual([EMPTY_LOCK, 0]);
    expect(downloads()).toBe(1);
  },
);

function lockWith(client: GitLab) {
  const terminal = createTerminal({
    stream: process.stderr,
    style: createStyle({}, {}),
    quiet: true,
    verbose: false,
  });
  const acme = makeDeclared("acme");
  const variants = acme.variants.map((one) => ({ ...one, gitlab: instance.url }));
  const declared = [{ ...acme, gitlab: instance.url, variants }];
  const request = { declared, names: new Set(["acme"]), previous: EMPTY_LOCK, rehash: false };
  return relock(request, { gitlab: client, terminal, signal: new AbortController().signal });
}

function downloads(): number {
  return instance.requests.filter(({ path }) => path.endsWith(`/artifacts/${FILE}`)).length;
}
