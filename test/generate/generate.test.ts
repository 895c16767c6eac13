import { describe, expect, test } from "vitest";
import { generate } from "../../src/generate/generate.js";
import { readNixLibrary } from "../../src/generate/nix-library.js";
import type { Lock } from "../../src/lock/schema.js";
import { evaluate } from "../nix/evaluate.js";
import { lockOf, lockedArtifact, lockedVariant } from "./locks.js";

const LIBRARY = [{ path: "lib/mkOverlay.nix", text: "1\n" }];
const HEADER =
  "# Generated from artifacts.lock.json by nix-artifacts. Do not edit; to write it again, run: artifacts generate\n";

function generated(lock: Lock, namespace: string | null = "artifacts"): Record<string, string> {
  const files = generate(lock, { namespace, proxy: "http://127.0.0.1:7467/", library: LIBRARY });
  return Object.fromEntries(files.map(({ path, text }) => [path, text]));
}

test("an artifact is one file of data", () => {
  const acme = lockedArtifact({ install: { kind: "archive", bin: ["bin/acme"] } });
  expect(generated(lockOf({ "acme-cli": acme }))["artifacts/acme-cli.nix"]).toBe(`${HEADER}{
  name = "acme-cli";
  meta = {
    description = "ACME command line";
    homepage = "https://gitlab.example.com/platform/acme-cli";
  };
  gitlab = "https://gitlab.example.com";
  fetch = "proxy";
  install = {
    kind = "archive";
    bin = [
      "bin/acme"
    ];
  };
  systems = {
    x86_64-linux = {
      name = "art.bin";
      version = "1.2.3";
      form = "file";
      hash = "sha256-UbwPwfGRBPpuic5Qvpqh9XwzRsHKUatJ9fAOFM6PgHY=";
      storePath = "/nix/store/6f2l1dh2b1qbp7ssqfixjqn2dp39ca83-art.bin";
      proxyPath = "/fod/gitlab.example.com/17/4711/51bc0fc1f19104fa6e89ce50be9aa1f57c3346c1ca51ab49f5f00e14ce8f8076/art.bin";
      provenance = {
        project = "platform/acme-cli";
        ref = "v1.2.3";
        commit = "0123456789abcdef0123456789abcdef01234567";
        pipeline = 991;
        job = 4711;
        jobName = "build: [linux, amd64]";
        file = "dist/art.bin";
        url = "https://gitlab.example.com/api/v4/projects/17/jobs/4711/artifacts/dist/art.bin";
        createdAt = "2026-11-01T12:00:00.000Z";
        expiresAt = null;
      };
    };
  };
}
`);
});

test("the index has one line an artifact, in order of names, and quotes those that are keywords", () => {
  const artifact = lockedArtifact();
  expect(generated(lockOf({ zip: artifact, if: artifact, Ant: artifact }))["index.nix"]).toBe(`${HEADER}{
  proxy = "http://127.0.0.1:7467";
  artifacts = {
    Ant = ./artifacts/Ant.nix;
    "if" = ./artifacts/if.nix;
    zip = ./artifacts/zip.nix;
  };
  groups = { };
}
`);
});

test.each([
  ["tools", '"tools"'],
  ["a.${b}", '"a.\\${b}"'],
  [null, "null"],
])("the overlay says its namespace: %s", (namespace, printed) => {
  expect(generated(lockOf({}), namespace)["overlay.nix"]).toBe(`${HEADER}import ./lib/mkOverlay.nix {
  index = import ./index.nix;
  namespace = ${printed};
}
`);
});

describe("the files", () => {
  test("are the same for a lock in any order", () => {
    const [a, b] = [lockedArtifact(), lockedArtifact({ fetch: "require" })];
    const any = lockedVariant({ version: "2" });
    const linux = lockedVariant();
    const forwards = { a: { ...a, systems: { any, "x86_64-linux": linux } }, b };
    const backwards = { b, a: { ...a, systems: { "x86_64-linux": linux, any } } };
    expect(generated(lockOf(forwards))).toEqual(generated(lockOf(backwards)));
  });

  test("are sorted by path and include the library, marked as generated", () => {
    const files = generated(lockOf({ b: lockedArtifact(), a: lockedArtifact() }));
    expect(Object.keys(files)).toEqual([
      "artifacts/a.nix",
      "artifacts/b.nix",
      "index.nix",
      "lib/mkOverlay.nix",
      "overlay.nix",
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
  const lock = lockOf({
    acme: lockedArtifact({
      description: hostile,
      systems: {
        any: lockedVariant({
          project: hostile,
          jobName: hostile,
          ref: hostile,
          version: hostile,
          file: hostile,
        }),
      },
    }),
  });
  expect(await evaluate(generated(lock)["artifacts/acme.nix"] ?? "")).toMatchObject({
    meta: { description: hostile },
    systems: {
      any: {
        version: hostile,
        provenance: { project: hostile, jobName: hostile, ref: hostile, file: hostile },
      },
    },
  });
});

test("a home page leads to the project, whatever it is called", () => {
  const systems = { any: lockedVariant({ project: "a b/c#d" }) };
  const artifact = lockedArtifact({ gitlab: "https://example.com/gitlab/", systems });
  expect(generated(lockOf({ a: artifact }))["artifacts/a.nix"]).toContain(
    'homepage = "https://example.com/gitlab/a%20b/c%23d";',
  );
});

test("an artifact without description or variants is printed without what it does not have", async () => {
  const { description: _, ...artifact } = lockedArtifact({ systems: {} });
  expect(await evaluate(generated(lockOf({ a: artifact }))["artifacts/a.nix"] ?? "")).toMatchObject({
    meta: {},
    systems: {},
  });
});

test("names that one folder cannot hold on macOS are refused", () => {
  const lock = lockOf({ acme: lockedArtifact(), Acme: lockedArtifact() });
  expect(() => generated(lock)).toThrow(
    'The artifacts "Acme" and "acme" differ only in case, so that macOS would keep them in one file.',
  );
});
