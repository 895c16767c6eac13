import { expect, test } from "vitest";
import { UserError } from "../../src/errors.js";
import { errorToJson, reportBug, reportErrors } from "../../src/terminal/report-error.js";

const options = { cwd: "/repo", style: (_: string, text: string) => text };

test("an error shows what, where, the source around it and the way out", () => {
  const error = new UserError("MANIFEST_INVALID", 'unknown field "systms"', {
    at: { file: "/repo/manifests/acme.ts", line: 2, column: 3 },
    hint: 'did you mean "systems"?',
  });

  expect(reportErrors([error], { ...options, read: () => 'defineArtifact({\n\tsystms: "any",\n});' })).toBe(
    `error MANIFEST_INVALID  manifests/acme.ts:2:3
  unknown field "systms"
    1 | defineArtifact({
  > 2 | \tsystms: "any",
      | \t ^
  fix: did you mean "systems"?
`,
  );
});

test("what many artifacts of one declaration have in common is said once", () => {
  const at = { file: "/repo/manifests/family.ts", line: 1, column: 1 };
  const of = (name: string, hint?: string) => new UserError("GONE", `${name} is gone`, { at, hint });
  const errors = [of("a", "look"), of("b", "look"), of("c"), new UserError("OTHER", "unlike", { at })];

  expect(reportErrors(errors, { ...options, read: () => "family()" })).toBe(
    `error GONE  manifests/family.ts:1:1
  a is gone
  b is gone
  > 1 | family()
      | ^
  fix: look
error GONE  manifests/family.ts:1:1
  c is gone
  > 1 | family()
      | ^
error OTHER  manifests/family.ts:1:1
  unlike
  > 1 | family()
      | ^
`,
  );
});

test("a file that is gone leaves out the source, nothing else", () => {
  const error = new UserError("X", "broken", { at: { file: "/nowhere/x.ts", line: 1, column: 1 } });

  expect(reportErrors([error], options)).toBe("error X  ../nowhere/x.ts:1:1\n  broken\n");
});

test("a hostile name cannot drive the terminal", () => {
  const error = new UserError("X", "unknown field \u001B[2Jname\u202E", {
    at: { file: "/repo/\u001B]0;title\u0007.ts", line: 1, column: 1 },
    hint: "rename \r it",
  });

  const shown = reportErrors([error], { ...options, read: () => "\u001B[31mred" });

  expect(shown.replace(/\n/g, "")).not.toMatch(/[\p{Cc}\p{Bidi_Control}]/u);
  expect(shown).toContain("unknown field \\u{1b}[2Jname\\u{202e}");
});

test("a very long line does not fill the screen", () => {
  const error = new UserError("X", "broken", { at: { file: "/repo/x.ts", line: 1, column: 5000 } });

  const longest = Math.max(
    ...reportErrors([error], { ...options, read: () => "x".repeat(10_000) })
      .split("\n")
      .map((line) => line.length),
  );

  expect(longest).toBeLessThan(220);
});

test("the JSON of an error has no empty keys", () => {
  expect(errorToJson(new UserError("X", "broken"))).toEqual({ code: "X", message: "broken" });
  expect(
    errorToJson(new UserError("X", "broken", { hint: "mend", at: { file: "a.ts", line: 1, column: 2 } })),
  ).toEqual({ code: "X", message: "broken", hint: "mend", file: "a.ts", line: 1, column: 2 });
});

test("what is not the user's fault asks for a report, with the stack", () => {
  expect(reportBug(new TypeError("oops"))).toMatch(/please report it[^]*TypeError: oops\n {4}at /);
});
