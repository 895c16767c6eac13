import { describe, expect, test } from "vitest";
import { createEvaluator } from "../../src/evaluate/evaluate.js";
import { repository } from "./repository.js";

/** The value of `main.ts` among the given files. */
function valueOf(files: Readonly<Record<string, string>>): unknown {
  const root = repository(files);
  return createEvaluator(root).evaluate(`${root}/main.ts`)?.value;
}

describe("an expression has the value that JavaScript gives it", () => {
  const cases: readonly (readonly [source: string, value: unknown])[] = [
    // Literals
    [`"text"`, "text"],
    [`'it\\u0027s'`, "it's"],
    ["`plain`", "plain"],
    [`12`, 12],
    [`0x1f`, 31],
    [`1_000`, 1000],
    [`-1.5`, -1.5],
    [`[true, false, null, undefined]`, [true, false, null, undefined]],
    // Type syntax
    [`({ a: 1 } as const)`, { a: 1 }],
    [`"a" as string`, "a"],
    [`({ a: 1 } satisfies { a: number })`, { a: 1 }],
    [`(("a"))!`, "a"],
    [`<string>"a"`, "a"],
    // Objects and arrays
    [`{ a: 1, "b-c": 2, 3: 4, ["d" + 1]: 5, shared }`, { a: 1, "b-c": 2, 3: 4, d1: 5, shared: "S" }],
    [`{ a: 0, ...base, b: 9, ...{ c: 3 } }`, { a: 1, b: 9, c: 3 }],
    [`{ a: 1, ...(off && { b: 2 }), ...undefined, ...null }`, { a: 1 }],
    [`[0, ...numbers, ...[9]]`, [0, 1, 2, 3, 9]],
    // Operators
    ["`${shared}-${1}-${true}`", "S-1-true"],
    [`"a" + 1`, "a1"],
    [`1 + 2 * 3 - 4`, 3],
    [`off ? "yes" : "no"`, "no"],
    [`[off && "x", shared && "x", off || "y", null ?? "z", 0 ?? "z"]`, [false, "x", "y", "z", 0]],
    [`[!off, 1 < 2, 2 <= 1, "b" > "a", 1 >= 1, 1 === 1, "a" !== "a"]`, [true, true, false, true, true, true, false]],
    // Access
    [`[base.a, base["b"], numbers[1], numbers.length, shared.length]`, [1, 2, 2, 3, 1]],
    [`[base.missing, base.missing?.deep.er, numbers[7]?.[0], base?.a]`, [undefined, undefined, undefined, 1]],
    [`[base.missing?.map((x) => x), base.run?.()]`, [undefined, undefined]],
    // Functions
    [`((x) => x + 1)(1)`, 2],
    [`((a, b = a + "!", ...rest) => [a, b, rest])("x", undefined, 1, 2)`, ["x", "x!", [1, 2]]],
    [`(({ a, b: [c, , d = 4] = [2, 3], ...others }) => ({ a, c, d, others }))({ a: 1, e: 5 })`, { a: 1, c: 2, d: 4, others: { e: 5 } }],
    [`((x) => (y) => x + y)("a")("b")`, "ab"],
    [`twice("a")`, "aa"],
    [`(function (x) { const y = x + "!"; return y + y; })("a")`, "a!a!"],
    [`[first, second, others]`, [1, 2, [3]]],
    // Arrays
    [`numbers.map((n, index) => n * 10 + index)`, [10, 21, 32]],
    [`numbers.flatMap((n) => [n, n])`, [1, 1, 2, 2, 3, 3]],
    [`numbers.filter((n) => n > 1)`, [2, 3]],
    [`[numbers.join("-"), numbers.join(), ["a", null].join("+")]`, ["1-2-3", "1,2,3", "a+"]],
    [`numbers.concat([4], 5)`, [1, 2, 3, 4, 5]],
    [`[numbers.includes(2), numbers.includes(9)]`, [true, false]],
    [`[numbers.slice(1), numbers.find((n) => n > 1), numbers.some((n) => n > 2), numbers.every((n) => n > 2)]`, [[2, 3], 2, true, false]],
    // Texts
    [`["aB".toUpperCase(), "aB".toLowerCase(), " a ".trim(), "a.b.c".replaceAll(".", "_")]`, ["AB", "ab", "a", "a_b_c"]],
    [`["abc".startsWith("ab"), "abc".endsWith("ab"), "abc".includes("b"), "abc".slice(-2, -1)]`, [true, false, true, "b"]],
    [`"a-b".split("-")`, ["a", "b"]],
    [`"ab".replaceAll("", "-")`, "-a-b-"],
    // Object
    [`Object.entries(base)`, [["a", 1], ["b", 2]]],
    [`Object.fromEntries(numbers.map((n) => [\`k\${n}\`, n]))`, { k1: 1, k2: 2, k3: 3 }],
    [`[Object.keys(base), Object.values(base)]`, [["a", "b"], [1, 2]]],
    [`Object.fromEntries(Object.entries(base).map(([key, value]) => [key.toUpperCase(), value]))`, { A: 1, B: 2 }],
  ]; // prettier-ignore

  test.each(cases)("%s", (source, value) => {
    const main = `
      interface Ignored { readonly a: string }
      type AlsoIgnored = Ignored["a"];
      const shared = "S", off = false;
      const base = { a: 1, b: 2 };
      const numbers = [1, 2, 3];
      const [first, ...[second, ...others]] = numbers;
      function twice(text: string): string { return text + text; }
      export default ${source.startsWith("{") ? `(${source})` : source};`;
    expect(valueOf({ "main.ts": main })).toStrictEqual(value);
  });
});

describe("names come from other files", () => {
  const cases: readonly (readonly [title: string, files: Readonly<Record<string, string>>, value: unknown])[] = [
    [
      "by name, under another name, and as the default",
      { "main.ts": `import d, { a, b as c } from "./x.js"; export default [a, c, d];`, "x.ts": `export const a = 1, b = 2; export default 3;` },
      [1, 2, 3],
    ],
    [
      "all of them as one object",
      { "main.ts": `import * as x from "./x.ts"; export default { ...x, again: x.a };`, "x.ts": `const hidden = 2; export const a = 1; export { hidden as b };` },
      { a: 1, b: 2, again: 1 },
    ],
    [
      "exported again, one by one, all, and as an object",
      {
        "main.ts": `import { a, two, three, ns, all } from "./x.js"; export default [a, two, three, ns, all];`,
        "x.ts": `export { a, b as two } from "./y.js"; export * from "./z.js"; export * as ns from "./y.js"; const all = "all"; export { all };`,
        "y.ts": `export const a = 1, b = 2;`,
        "z.ts": `export const three = 3;`,
      },
      [1, 2, 3, { a: 1, b: 2 }, "all"],
    ],
    [
      "from a folder above, inside the root",
      { "main.ts": `export { default } from "./deep/er/x.js";`, "deep/er/x.ts": `import { a } from "../../top.js"; export default a;`, "top.ts": `export const a = "top";` },
      "top",
    ],
    [
      "of our package, which give back what they get",
      { "main.ts": `import { defineArtifact as one, defineArtifacts } from "nix-artifacts"; import type { X } from "elsewhere"; export default defineArtifacts([one({ name: "a" })]);` },
      [{ name: "a" }],
    ],
    [
      "and types take no part, not even in a circle",
      { "main.ts": `import type { T } from "./x.js"; export const a = 1; export default { a } satisfies T;`, "x.ts": `import { a } from "./main.js"; export type T = { a: number }; export const b = a;` },
      { a: 1 },
    ],
  ]; // prettier-ignore

  test.each(cases)("%s", (_title, files, value) => {
    expect(valueOf(files)).toStrictEqual(value);
  });

  test("functions of another file can be called through its namespace", () => {
    const main = `import * as x from "./x.js"; export default x.greet("a");`;
    const x = "export const greet = (name: string) => `hello ${name}`;";
    expect(valueOf({ "main.ts": main, "x.ts": x })).toBe("hello a");
  });
});

describe("a value is located where it was written", () => {
  const main = `import { systems } from "./systems.js";
const shared = { project: "group/a", job: "build" };
const make = (name: string) => ({ ...shared, name, systems });
export default [make("a"), { "file name": [1, 2] }];
`;
  const files = {
    "main.ts": main,
    "systems.ts": `export const systems = {\n  "x86_64-linux": { arch: "amd64" },\n};\n`,
  };

  test.each<readonly [title: string, path: readonly (string | number)[], place: string]>([
    ["the default export", [], "main.ts:4:16"],
    ["what a function returns: in the function", [0], "main.ts:4:17"],
    ["what was spread: where it was spread from", [0, "project"], "main.ts:2:27"],
    ["a parameter or constant: where it is used", [0, "name"], "main.ts:3:46"],
    ["an imported constant: where it is used", [0, "systems"], "main.ts:3:52"],
    [
      "what is inside a constant: in its definition",
      [0, "systems", "x86_64-linux", "arch"],
      "systems.ts:2:27",
    ],
    ["an item", [1, "file name", 1], "main.ts:4:47"],
    ["what is not there: what would be around it", [1, "file name", 7, "x"], "main.ts:4:43"],
  ])("%s", (_title, path, place) => {
    const root = repository(files);
    const at = createEvaluator(root).evaluate(`${root}/main.ts`)?.locate(path);
    expect(`${at?.file.replace(`${root}/`, "")}:${at?.line}:${at?.column}`).toBe(place);
  });

  test("and a field where its name was written", () => {
    const root = repository(files);
    const at = createEvaluator(root).evaluate(`${root}/main.ts`)?.locateKey([1, "file name"]);
    expect(at).toEqual({ file: `${root}/main.ts`, line: 4, column: 30 });
  });
});

test.each([
  ["a.ts", "b.ts", "c.ts"],
  ["c.ts", "b.ts", "a.ts"],
])("files that import one another mean the same in the order %s, %s, %s", (...order) => {
  const files = {
    "a.ts": `export const name = "a"; export default { name };`,
    "b.ts": `import { name } from "./a.js"; export const both = [name, "b"]; export default both;`,
    "c.ts": `import a from "./a.js"; import { both } from "./b.js"; export default [a.name, ...both];`,
  };
  const root = repository(files);
  const evaluator = createEvaluator(root);
  const values = order.map((file) => [file, evaluator.evaluate(`${root}/${file}`)?.value]);

  expect(Object.fromEntries(values)).toEqual({
    "a.ts": { name: "a" },
    "b.ts": ["a", "b"],
    "c.ts": ["a", "a", "b"],
  });
  expect([...evaluator.sources].sort()).toEqual(
    Object.entries(files).map(([file, text]) => [`${root}/${file}`, text]),
  );
  expect(order.map((file) => evaluator.isImported(`${root}/${file}`))).toEqual(
    order.map((file) => file !== "c.ts"),
  );
});
