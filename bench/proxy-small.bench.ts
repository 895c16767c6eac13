/** Small artifacts that the proxy does not have yet, one after the other, beside nginx, which asks the same GitLab. */
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, test } from "vitest";
import { fodPath } from "../src/generate/fod-path.js";
import type { Lock } from "../src/lock/schema.js";
import { CLI } from "../test/cli/run-cli.js";
import { compare, report, residentPeak, sample } from "./measure.js";
import { type Server, startNginx, startProxy, startSimulator } from "./servers.js";

const TOKEN = "glpat-bench000000000000000";
const ENVIRONMENT = { GITLAB_TOKEN: TOKEN };
const NAMES = Array.from({ length: 200 }, (_, index) => `tool-${index}`);
const LATENCY_MS = 20;

let directory: string;
let gitlab: Server;
let nginx: Server;
let proxy: Server;

beforeAll(async () => {
  directory = mkdtempSync(join(tmpdir(), "bench-proxy-small-"));
  const files = Object.fromEntries(NAMES.map((name, seed) => [name, { size: 64 * 1024, seed }]));
  const jobs = [{ id: 1, name: "build", artifacts: { files } }];
  const state = {
    tokens: [{ token: TOKEN, kind: "personal", scopes: ["read_api"] }],
    projects: [{ id: 1, path: "g/p", pipelines: [{ id: 1, ref: "main", jobs }] }],
  };
  gitlab = await startSimulator(directory, state, LATENCY_MS);
  writeManifest();
  await sample({ command: process.execPath, args: [CLI, "lock"], cwd: directory, env: ENVIRONMENT });
  nginx = await startNginx(directory, "nginx", {
    http: `upstream gitlab { server ${new URL(gitlab.url).host}; keepalive 8; }`,
    server: `location / {
      proxy_pass http://gitlab; proxy_http_version 1.1;
      proxy_set_header Connection ""; proxy_set_header PRIVATE-TOKEN ${TOKEN};
    }`,
  });
  proxy = await startProxy(directory, ENVIRONMENT);
});

afterAll(async () => {
  for (const server of [proxy, nginx, gitlab]) await server.end();
  rmSync(directory, { recursive: true });
});

function writeManifest(): void {
  mkdirSync(join(directory, "manifests"));
  writeFileSync(
    join(directory, "manifests", "all.ts"),
    `import { defineArtifacts } from "nix-artifacts";
export default defineArtifacts(${JSON.stringify(NAMES)}.map((name) => ({
  name, gitlab: ${JSON.stringify(gitlab.url)}, project: "g/p",
  ref: { branch: "main" }, job: "build", file: name, systems: "any" as const,
})));
`,
  );
}

test("200 artifacts of 64 KiB that are not in the cache, one client, at 20 ms latency", async () => {
  const { artifacts } = JSON.parse(readFileSync(join(directory, "artifacts.lock.json"), "utf8")) as Lock; // written by `lock`
  const variants = Object.values(artifacts).flatMap(({ systems }) => Object.values(systems));
  const emptyCache = () => rmSync(join(directory, "cache", "content"), { recursive: true });
  const ours = curl(
    "ours",
    variants.map((variant) => proxy.url + fodPath(gitlab.url, variant)),
  );
  const theirs = curl(
    "theirs",
    variants.map(({ url }) => nginx.url + new URL(url).pathname),
  );
  const compared = await compare({ ...ours, before: emptyCache }, theirs, 3);
  const peakMiB = residentPeak(proxy.process.pid);
  report("proxy, cold 200 × 64 KiB / nginx proxy_pass", { ...compared, peakMiB }, "ratio ≤ 1.11, ≤ 200 MiB");
});

/** One after the other, over one connection. */
function curl(name: string, urls: readonly string[]) {
  const config = join(directory, `${name}.conf`);
  writeFileSync(config, urls.map((url) => `url = "${url}"\noutput = "/dev/null"\n`).join(""));
  return { command: "curl", args: ["-sS", "--fail", "--config", config] };
}
