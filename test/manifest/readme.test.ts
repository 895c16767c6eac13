import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { loadManifests } from "../../src/manifest/load.js";
import { typeCheck } from "../../src/manifest/type-check.js";
import { repository } from "../evaluate/repository.js";

test("the examples of manifests/README.md can be loaded and have the right types", async () => {
  const readme = readFileSync(new URL("../../manifests/README.md", import.meta.url), "utf8");
  const examples = [...readme.matchAll(/```ts\n\/\/ (\S+)\n(.*?)```/gs)].map(([, path = "", text = ""]) => [
    path,
    text,
  ]);
  const root = repository({
    ...Object.fromEntries(examples),
    "systems.ts": `export const SYSTEMS = { "x86_64-linux": { os: "linux", arch: "amd64" } };`,
  });
  const defaults = { gitlab: "https://gitlab.example.com", fetch: "proxy" } as const;
  const { artifacts, sources } = loadManifests({ root, folder: "manifests", defaults });
  expect(artifacts.map(({ name }) => name)).toEqual(["acme-cli", "acme-format", "acme-lint"]);
  expect(await typeCheck(sources)).toEqual([]);
});
