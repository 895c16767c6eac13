import { mkdirSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { DEFAULT_BUMP } from "../../src/config/bump.js";
import { loadConfig } from "../../src/config/load.js";
import { userErrorsOf } from "../../src/errors.js";
import { errorsOf, repository } from "../evaluate/repository.js";

const IMPORT = `import { defineConfig } from "nix-artifacts";\n`;
const DEFAULTS = {
  gitlab: undefined,
  manifests: "manifests",
  lock: "artifacts.lock.json",
  output: "nix/artifacts",
  namespace: "artifacts",
  fetch: "proxy",
  proxy: "http://127.0.0.1:7467",
  proxyPolicy: undefined,
  expiryWarningDays: 14,
  maxUnpackedBytes: undefined,
  runnerStatements: false,
  bump: DEFAULT_BUMP,
};

async function errors(files: Readonly<Record<string, string>>): Promise<readonly string[]> {
  const root = repository(files);
  const caught: unknown = await loadConfig(root).catch((error: unknown) => error);
  return errorsOf(root, () => {
    if (userErrorsOf(caught) !== undefined) throw caught;
  });
}

describe("the configuration", () => {
  test("may be missing: then everything has its default, and the directory is the root", async () => {
    const root = repository({});
    expect(await loadConfig(root)).toEqual({ ...DEFAULTS, root, file: undefined, sources: new Map() });
  });

  test("may be empty: then everything has its default", async () => {
    const root = repository({ "artifacts.config.ts": `${IMPORT}export default defineConfig({});` });
    expect(await loadConfig(root)).toMatchObject({ ...DEFAULTS, root, file: `${root}/artifacts.config.ts` });
  });

  test("is found in the nearest folder above, which is then the root", async () => {
    const root = repository({
      "artifacts.config.ts": "export default { manifests: 'outer' };",
      "inner/artifacts.config.ts": "export default { manifests: 'inner' };",
    });
    mkdirSync(`${root}/inner/a/b`, { recursive: true });
    mkdirSync(`${root}/other/a/b`, { recursive: true });
    expect(await loadConfig(`${root}/inner/a/b`)).toMatchObject({
      root: `${root}/inner`,
      manifests: "inner",
    });
    expect(await loadConfig(`${root}/other/a/b`)).toMatchObject({ root, manifests: "outer" });
  });

  test("sets every field, and may import a sibling file", async () => {
    const root = repository({
      "artifacts.config.ts": `${IMPORT}import { HOST } from "./host.js";
export default defineConfig({
  gitlab: \`https://\${HOST}/gitlab/\`,
  manifests: "ci/manifests",
  lock: "ci/lock.json",
  output: "ci/nix",
  namespace: null,
  fetch: "require",
  proxy: "https://proxy.example.com:8443/",
});`,
      "host.ts": `export const HOST = "GitLab.example.com";`,
    });
    const config = await loadConfig(root);
    expect(config).toMatchObject({
      gitlab: "https://gitlab.example.com/gitlab",
      manifests: "ci/manifests",
      lock: "ci/lock.json",
      output: "ci/nix",
      namespace: null,
      fetch: "require",
      proxy: "https://proxy.example.com:8443",
    });
    expect([...config.sources.keys()].sort()).toEqual([`${root}/artifacts.config.ts`, `${root}/host.ts`]);
  });
});

describe("one wrong field is one error with the value, what is allowed and the nearest spelling", () => {
  test.each([
    `gitlb: "https://gitlab.example.com"`,
    `bump: { lables: ["deps"] }`,
    `bump: { rebase: "always" }`,
    `bump: { maximumOpen: 0 }`,
    `bump: { schedule: { timeZone: "Mars/Olympus" } }`,
    `bump: { schedule: { from: "25:00", to: "06:00" } }`,
    `bump: { schedule: { from: "22:00" } }`,
    `bump: { rules: [{ artifacts: ["a b"] }] }`,
    `gitlab: "gitlab.example.com"`,
    `manifests: "/etc"`,
    `manifests: "../elsewhere"`,
    `lock: ""`,
    `output: "./nix"`,
    `namespace: "a.b"`,
    `namespace: 7`,
    `fetch: "prxy"`,
    `proxy: "unix:/run/proxy"`,
    `proxy: "http://user:hunter2@127.0.0.1:7467"`,
    `proxy: 7467`,
    `proxyPolicy: []`,
    `proxyPolicy: [{ name: "a", effect: "alow" }]`,
    `proxyPolicy: [{ name: "a", effect: "allow", artifact: ["acme"] }]`,
    `proxyPolicy: [{ name: "a", effect: "allow", callers: [{ kind: "machin" }] }]`,
    `proxyPolicy: [{ name: "a", effect: "allow", callers: [{ kind: "certificate", names: ["ci.test"] }] }]`,
    `proxyPolicy: [{ name: "a", effect: "allow" }, { name: "a", effect: "deny" }]`,
  ])("%s", async (field) => {
    const found = await errors({
      "artifacts.config.ts": `${IMPORT}export default defineConfig({ ${field} });`,
    });
    expect(found).toMatchSnapshot();
    expect(found).toHaveLength(1);
    expect(found.join()).not.toContain("hunter2");
  });
});

describe("a file that is no configuration is refused", () => {
  test.each([
    ["a syntax error", "export default {"],
    ["no default export", "export const config = {};"],
    ["an array", "export default [];"],
    ["something that would have to be run", "export default { gitlab: process.env.CI_SERVER_URL };"],
  ])("%s", async (_title, text) => {
    expect(await errors({ "artifacts.config.ts": text })).toMatchSnapshot();
  });
});
