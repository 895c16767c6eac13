import { execFileSync } from "node:child_process";
import { mkdtemp, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { generate } from "../../src/generate/generate.js";
import { printNix } from "../../src/generate/nix-value.js";
import { readNixLibrary } from "../../src/generate/nix-library.js";
import type { Lock } from "../../src/lock/schema.js";
import { evaluate } from "../nix/evaluate.js";
import { makeArtifact, makeLock, makeVariant } from "../make/lock.js";

const LIBRARY = [{ path: "lib/mkOverlay.nix", text: "1\n" }];
const HEADER =
  "# Generated from artifacts.lock.json by nix-artifacts. Do not edit; to write it again, run: artifacts generate\n";
const JSON_HEADER = `{
  "//": "${HEADER.slice(2, -1)}",`;

function generated(lock: Lock, namespace: string | null = "artifacts"): Record<string, string> {
  const files = generate(lock, { namespace, proxy: "http://127.0.0.1:7467/", library: LIBRARY });
  return Object.fromEntries(files.map(({ path, text }) => [path, text]));
}

test("an artifact is one file of data and one that says where it came from", () => {
  const acme = makeArtifact({ install: { kind: "archive", bin: ["bin/acme"] } });
  const files = generated(makeLock({ "acme-cli": acme }));
  expect(files["artifacts/acme-cli.json"]).toBe(`${JSON_HEADER}
  "acme-cli": {
    "description": "ACME command line",
    "fetch": "proxy",
    "install": {
      "kind": "archive",
      "bin": ["bin/acme"]
    },
    "systems": {
      "x86_64-linux": {
        "name": "acme-linux",
        "version": "1.2.3",
        "form": "file",
        "file": "dist/acme-linux",
        "hash": "sha256-UbwPwfGRBPpuic5Qvpqh9XwzRsHKUatJ9fAOFM6PgHY=",
        "storePath": "/nix/store/rq8lgph88bcyf47xlckvf4w18n7gym78-acme-linux",
        "proxyPath": "/fod/gitlab.example.com/42/77001/51bc0fc1f19104fa6e89ce50be9aa1f57c3346c1ca51ab49f5f00e14ce8f8076/acme-linux"
      }
    }
  }
}
`);
  expect(files["provenance/acme-cli.json"]).toBe(`${JSON_HEADER}
  "acme-cli": {
    "gitlab": "https://gitlab.example.com",
    "homepage": "https://gitlab.example.com/platform/acme",
    "systems": {
      "x86_64-linux": {
        "project": "platform/acme",
        "ref": "main",
        "commit": "3f1c0ffee0000000000000000000000000000001",
        "pipeline": 9001,
        "job": 77001,
        "jobName": "build",
        "url": "https://gitlab.example.com/api/v4/projects/42/jobs/77001/artifacts/dist/acme-linux",
        "createdAt": "2026-11-20T08:00:00.000Z",
        "expiresAt": "2026-12-20T08:00:00.000Z"
      }
    }
  }
}
`);
});

test("the index has one line an artifact, in order of names, and quotes those that are keywords", () => {
  const artifact = makeArtifact();
  expect(generated(makeLock({ zip: artifact, if: artifact, Ant: artifact }))["index.nix"]).toBe(`${HEADER}{
  proxy = "http://127.0.0.1:7467";
  artifacts = ./artifacts;
  provenance = ./provenance;
  files = {
    Ant = "Ant.json";
    "if" = "if.json";
    zip = "zip.json";
  };
  groups = { };
}
`);
});

describe("more than a thousand artifacts", () => {
  const many = (count: number) =>
    Object.fromEntries(Array.from({ length: count }, (_, number) => [`acme-${number}`, makeArtifact()]));
  const dataPaths = (files: object) => Object.keys(files).filter((path) => path.endsWith(".json"));

  test("share 128 files, each artifact in the one that the index names", async () => {
    const files = generated(makeLock(many(1_001)));
    expect(dataPaths(files)).toHaveLength(2 * 128);
    expect(dataPaths(generated(makeLock(many(1_000))))).toHaveLength(2 * 1_000);

    const index = (await evaluate((files["index.nix"] ?? "").replaceAll(/= (\.\/\w+);/g, '= "$1";'))) as {
      files: Record<string, string>;
    }; // as the test above shows it
    for (const [name, file] of Object.entries(index.files)) {
      for (const folder of ["artifacts", "provenance"]) {
        expect(Object.keys(JSON.parse(files[`${folder}/${file}`] ?? "{}"))).toContain(name);
      }
    }
  });

  test("stay where they are when others come and go", () => {
    const before = generated(makeLock(many(1_100)));
    const after = generated(makeLock({ ...many(1_100), other: makeArtifact() }));
    const changed = dataPaths(after).filter((path) => after[path] !== before[path]);
    expect(changed.map((path) => path.split("/")[0])).toEqual(["artifacts", "provenance"]);
  });
});

test.each([
  ["one file each", 2],
  ["shared files", 1_100],
])("branches that bump different artifacts merge without conflict: %s", async (_, count) => {
  const base = Object.fromEntries(
    Array.from({ length: count }, (_, number) => [`acme-${number}`, makeArtifact()]),
  );
  const bumped = makeArtifact({
    systems: { "x86_64-linux": makeVariant({ version: "2", job: 5, hash: `sha256-${"A".repeat(43)}=` }) },
  });
  const [first = "", second = ""] = inOneFile(generated(makeLock(base)));
  const one = generated(makeLock({ ...base, [first]: bumped }));
  const two = generated(makeLock({ ...base, [second]: bumped }));
  const both = generated(makeLock({ ...base, [first]: bumped, [second]: bumped }));
  expect(await merged(generated(makeLock(base)), one, two)).toEqual(both);
});

/** Two neighbours in a file that has several artifacts, else any two. */
function inOneFile(files: Record<string, string>): string[] {
  const members = Object.entries(files)
    .filter(([path]) => path.startsWith("artifacts/"))
    .map(([, text]) => Object.keys(JSON.parse(text)).slice(1));
  return members.find((names) => names.length > 1)?.slice(0, 2) ?? members.flat();
}

/** Every file that differs, merged by git. */
async function merged(base: Record<string, string>, ...sides: Record<string, string>[]) {
  const folder = await mkdtemp(join(tmpdir(), "merge-"));
  const result = { ...base };
  for (const path of Object.keys(base).filter((path) => sides.some((side) => side[path] !== base[path]))) {
    const [ours = "", theirs = ""] = sides.map((side) => side[path]);
    const texts = { ours, base: base[path] ?? "", theirs };
    for (const [name, text] of Object.entries(texts)) await writeFile(join(folder, name), text);
    const args = ["merge-file", "--stdout", ...Object.keys(texts)];
    result[path] = execFileSync("git", args, { cwd: folder, encoding: "utf8" });
  }
  return result;
}

test.each([
  ["tools", '"tools"'],
  ["a.${b}", '"a.\\${b}"'],
  [null, "null"],
])("the overlay says its namespace: %s", (namespace, printed) => {
  expect(generated(makeLock({}), namespace)["overlay.nix"]).toBe(`${HEADER}import ./lib/mkOverlay.nix {
  index = import ./index.nix;
  namespace = ${printed};
}
`);
});

describe("the files", () => {
  test("are the same for a lock in any order", () => {
    const [a, b] = [makeArtifact(), makeArtifact({ fetch: "require" })];
    const any = makeVariant({ version: "2" });
    const linux = makeVariant();
    const forwards = { a: { ...a, systems: { any, "x86_64-linux": linux } }, b };
    const backwards = { b, a: { ...a, systems: { "x86_64-linux": linux, any } } };
    expect(generated(makeLock(forwards))).toEqual(generated(makeLock(backwards)));
  });

  test("are sorted by path and include the library, marked as generated", () => {
    const files = generated(makeLock({ b: makeArtifact(), a: makeArtifact() }));
    expect(Object.keys(files)).toEqual([
      "artifacts/a.json",
      "artifacts/b.json",
      "index.nix",
      "lib/mkOverlay.nix",
      "overlay.nix",
      "provenance/a.json",
      "provenance/b.json",
      "sources.nix",
    ]);
    expect(files["lib/mkOverlay.nix"]).toBe(`${HEADER}1\n`);
  });

  test("include every file that the overlay imports", async () => {
    const library = await readNixLibrary();
    const imported = library.flatMap(({ text }) =>
      [...text.matchAll(/import \.\/(\w+\.nix)/g)].map((match) => `lib/${match[1]}`),
    );
    const paths = new Set(library.map(({ path }) => path));
    expect(imported.length).toBeGreaterThan(10);
    expect(imported.filter((path) => !paths.has(path))).toEqual([]);
  });
});

test("hostile text of a manifest, a lock or GitLab comes back exactly", async () => {
  const hostile = '${builtins.abort "x"} "; \\ \'\' {{body}} &amp; \r\n\t\u001b[2J\u202e ä';
  const lock = makeLock({
    acme: makeArtifact({
      description: hostile,
      systems: {
        any: makeVariant({
          project: hostile,
          jobName: hostile,
          ref: hostile,
          version: hostile,
          file: hostile,
        }),
      },
    }),
  });
  expect(await read(lock, "artifacts")).toMatchObject({
    description: hostile,
    systems: { any: { version: hostile, file: hostile } },
  });
  expect(await read(lock, "provenance")).toMatchObject({
    systems: { any: { project: hostile, jobName: hostile, ref: hostile } },
  });
});

/** What Nix reads of `acme` in a folder. */
function read(lock: Lock, folder: string): Promise<unknown> {
  const text = generated(lock)[`${folder}/acme.json`] ?? "";
  return evaluate(`(builtins.fromJSON ${printNix(text)}).acme`);
}

test("a home page leads to the project, whatever it is called", () => {
  const systems = { any: makeVariant({ project: "a b/c#d" }) };
  const artifact = makeArtifact({ gitlab: "https://example.com/gitlab/", systems });
  expect(generated(makeLock({ a: artifact }))["provenance/a.json"]).toContain(
    '"homepage": "https://example.com/gitlab/a%20b/c%23d"',
  );
});

test("an artifact without description or variants is printed without what it does not have", async () => {
  const { description: _, ...artifact } = makeArtifact({ systems: {} });
  expect(await read(makeLock({ acme: artifact }), "artifacts")).toEqual({
    fetch: "proxy",
    install: { kind: "none" },
    systems: {},
  });
});

test("names that one folder cannot hold on macOS are refused", () => {
  const lock = makeLock({ acme: makeArtifact(), Acme: makeArtifact() });
  expect(() => generated(lock)).toThrow(
    'The artifacts "Acme" and "acme" differ only in case, so that macOS would keep them in one file.',
  );
});
