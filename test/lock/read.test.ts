import { mkdtemp, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { userErrorsOf } from "../../src/errors.js";
import { parseLock, readLock } from "../../src/lock/read.js";
import { printLock } from "../../src/lock/write.js";
import { makeArtifact, makeLock, makeVariant } from "../make/lock.js";

const FILE = "artifacts.lock.json";

function errorsOf(text: string) {
  try {
    parseLock(text, FILE);
  } catch (error) {
    return userErrorsOf(error)?.map(({ code, message, hint, at }) => ({ code, message, hint, at }));
  }
  return undefined;
}

test("a lock that is printed and read is the same lock", async () => {
  const lock = makeLock({
    acme: makeArtifact({ systems: { any: makeVariant({ file: null, expiresAt: null }) } }),
    other: makeArtifact(),
  });

  expect(parseLock(printLock(lock), FILE)).toEqual(lock);
});

test("a missing file is the empty lock", async () => {
  const directory = await mkdtemp(join(tmpdir(), "lock-"));

  expect(await readLock(join(directory, FILE))).toEqual({ version: 1, artifacts: {} });
});

test("a lockfile that cannot be read is not taken for a missing one", async () => {
  const directory = await mkdtemp(join(tmpdir(), "lock-"));

  await expect(readLock(directory)).rejects.toMatchObject({ code: "READ_FAILED" });
  await writeFile(join(directory, FILE), "{");
  await expect(readLock(join(directory, FILE))).rejects.toMatchObject({ code: "LOCK_MALFORMED" });
});

test("a merge conflict is named with its line and the way out", () => {
  const text = `{\n  "version": 1,\n<<<<<<< HEAD\n  "artifacts": {}\n=======\n>>>>>>> main\n}\n`;

  expect(errorsOf(text)).toEqual([
    {
      code: "LOCK_CONFLICT",
      message: "artifacts.lock.json holds merge conflict markers",
      at: { file: FILE, line: 3, column: 1 },
      hint: "take either side (git checkout --ours artifacts.lock.json), then run: artifacts lock",
    },
  ]);
});

test("broken JSON is pointed at", () => {
  expect(errorsOf(`{\n  "version": 1,\n  "artifacts": {,}\n}`)).toMatchObject([
    { code: "LOCK_MALFORMED", at: { line: 3, column: 17 } },
  ]);
});

test("a newer format is refused with the command that upgrades the program", () => {
  expect(errorsOf(`{"version": 2, "artifacts": {}}`)).toMatchObject([
    {
      code: "LOCK_TOO_NEW",
      message: "artifacts.lock.json has format version 2; this program knows versions up to 1",
      hint: "upgrade it: npm install --save-dev nix-artifacts@latest",
    },
  ]);
});

test.each([
  ["no version", {}],
  ["a version that is no number", { version: "1", artifacts: {} }],
  ["an array", []],
])("%s is refused", (_title, json) => {
  expect(errorsOf(JSON.stringify(json))).toMatchObject([{ code: "LOCK_MALFORMED" }]);
});

test.each([
  ["hash", "sha256-short"],
  ["hash", `sha256-${"A".repeat(43)}="; builtins.exec`],
  ["name", "../../etc/passwd"],
  ["name", "x.drv"],
  ["storePath", "/nix/store/../../etc/passwd"],
  ["storePath", "/tmp/6f2l1dh2b1qbp7ssqfixjqn2dp39ca83-x"],
  ["url", "file:///etc/passwd"],
  ["url", "javascript:alert(1)"],
  ["commit", "main"],
  ["file", "../secret"],
  ["file", "/etc/passwd"],
  ["size", -1],
  ["expiresAt", "tomorrow"],
])("a hostile %s (%s) is refused and named", (field, value) => {
  const variant = { ...makeVariant(), [field]: value };
  const text = JSON.stringify({
    version: 1,
    artifacts: { acme: { ...makeArtifact(), systems: { "x86_64-linux": variant } } },
  });

  expect(errorsOf(text)?.map(({ message }) => message)).toEqual([
    expect.stringContaining(`artifacts.acme.systems.x86_64-linux.${field}`),
  ]);
});

const ANOTHER = makeVariant({ projectId: 43 }).url;
test.each([
  ["another project", { url: ANOTHER }],
  ["another job", { url: makeVariant({ job: 77002 }).url }],
  ["another file", { url: makeVariant({ file: "dist/other" }).url }],
  ["another instance", { url: makeVariant().url.replace("gitlab.", "gitlab-2.") }],
  ["another API of the instance", { url: "https://gitlab.example.com/api/v4/projects/42/variables" }],
])("an address that is of %s is refused", (_title, edited) => {
  const variant = { ...makeVariant(), ...edited };
  const text = JSON.stringify(makeLock({ acme: makeArtifact({ systems: { any: variant } }) }));

  expect(errorsOf(text)).toMatchObject([{ code: "LOCK_FOREIGN_ADDRESS" }]);
});

test.each(["?", "#"])("another file before a %s does not pass for an instance", (separator) => {
  const gitlab = `${ANOTHER}${separator}`;
  const url = makeVariant().url.replace("https://gitlab.example.com", gitlab);
  const systems = { any: { ...makeVariant(), url } };
  const text = JSON.stringify(makeLock({ acme: makeArtifact({ gitlab, systems }) }));

  expect(errorsOf(text)).toMatchObject([
    { code: "LOCK_MALFORMED", message: expect.stringContaining("acme.gitlab") },
  ]);
});

test("a lock edited by hand is told of every address that is foreign, and what it should be", () => {
  const variant = { ...makeVariant(), url: ANOTHER };
  const systems = { "aarch64-linux": variant, "x86_64-linux": variant };
  const text = JSON.stringify(makeLock({ acme: makeArtifact({ systems }), other: makeArtifact() }));

  const reasons = Object.keys(systems).map((system) => ({
    code: "LOCK_FOREIGN_ADDRESS",
    message:
      `artifacts.lock.json: the url of acme (${system}) is ${ANOTHER}, ` +
      `but job 77001 of project 42 has its file at ${makeVariant().url}`,
    hint: "restore the file from version control, or delete it and run: artifacts lock",
  }));
  expect(errorsOf(text)).toEqual(reasons);
});

test("unknown fields are refused", () => {
  const text = JSON.stringify({ version: 1, artifacts: {}, extra: 1 });

  expect(errorsOf(text)).toMatchObject([{ code: "LOCK_MALFORMED" }]);
});

test("a prototype name never becomes an artifact", () => {
  const text = `{"version": 1, "artifacts": {"__proto__": ${JSON.stringify(makeArtifact())}}}`;

  const { artifacts } = parseLock(text, FILE);

  expect(Object.keys(artifacts)).toEqual([]);
  expect("systems" in artifacts).toBe(false);
});

test("every problem of the file is reported at once", () => {
  const variant = makeVariant({ size: -1, commit: "x" });
  const text = JSON.stringify(makeLock({ acme: makeArtifact({ systems: { any: variant } }) }));

  expect(errorsOf(text)).toHaveLength(2);
});
