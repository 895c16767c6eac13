import { symlinkSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { createEvaluator } from "../../src/evaluate/evaluate.js";
import { errorsOf, repository } from "./repository.js";

/** The errors of evaluating `main.ts` among the given files. */
function errors(
  files: Readonly<Record<string, string>>,
  prepare?: (root: string) => void,
): readonly string[] {
  const root = repository(files);
  prepare?.(root);
  return errorsOf(root, () => createEvaluator(root).evaluate(`${root}/main.ts`));
}

describe("what only running the file could tell is refused, with what to write instead", () => {
  const expressions = [
    "process.env.TOKEN",
    "require('fs')",
    "fetch('https://example.com')",
    "(await import('./x.js')).default",
    "import('./x.js')",
    "import.meta.url",
    "new Date()",
    "/a+/",
    "`a`.match(/a/)",
    "String.raw`a`",
    "this.x",
    "typeof 1",
    "void 0",
    "12n",
    "(shared = 2)",
    "shared++",
    "++shared",
    "-'a'",
    "1 == 1",
    "5 % 2",
    "1 < 'a'",
    "1 + undefined",
    "'a' + {}",
    "`${undefined}`",
    "[1, , 2]",
    "[...'ab']",
    "{ ...[1] }",
    "{ a: 1, b: 2, 'a': 3 }",
    "{ get a() { return 1; } }",
    "{ run() { return 1; } }",
    "{ [{}]: 1 }",
    "class {}",
    "(async () => 1)()",
    "(function* () { return 1; })()",
    "(() => {})()",
    "(() => { if (true) return 1; return 2; })()",
    "(() => { let a = 1; return a; })()",
    "(({ a }) => a)([1])",
    "(([a]) => a)({})",
    "shared()",
    "shraed",
    "{ a: undefined }.a.b",
    "[1].map()",
    "[1].sort()",
    "[1].fliter((x) => x)",
    "'a'.padStart(3)",
    "'a'.slice('x')",
    "'a'.replaceAll('a', '$&$&')",
    "Object.assign({}, {})",
    "Object.fromEntries([1])",
    "JSON.parse('{}')",
    "(x) => x",
    "[{ f: () => 1 }]",
  ] as const;

  test.each(expressions)("%s", (source) => {
    const main = `const shared = 1;\nexport default ${source.startsWith("{") ? `(${source})` : source};\n`;
    expect(errors({ "main.ts": main })).toMatchSnapshot();
  });
});

test("no name reaches a prototype", () => {
  const sources = [
    "({}).constructor",
    "({}).__proto__",
    "'a'.constructor",
    "[].constructor.constructor('return 1')()",
    "(() => 1).constructor",
    "[]['__proto__']",
    "({ __proto__: { polluted: true } })",
    "({ ['__proto__']: { polluted: true } })",
    "Object.fromEntries([['__proto__', { polluted: true }]])",
    "(({ __proto__: p }) => p)({})",
    "({}).toString()",
    "Object.prototype",
  ];
  const found = sources.flatMap((source) => errors({ "main.ts": `export default ${source};` }));
  expect(found).toHaveLength(sources.length);
  expect(found).toMatchSnapshot();
  expect(({} as { polluted?: boolean }).polluted).toBeUndefined(); // `as`: reads a field that must not exist.
});

test("statements that are no declarations are refused, all of them at once", () => {
  const main = `import "./x.js";
let a = 1;
var b = 2;
for (const x of []) {}
while (true) {}
if (a) {}
console.log(1);
class C {}
enum E { A }
namespace N { export const x = 1 }
switch (1) {}
try {} finally {}
throw 1;
declare const ambient: string;
import fs = require("fs");
export default 1;
`;
  expect(errors({ "main.ts": main, "x.ts": "" })).toMatchSnapshot();
});

test("names that are exported twice are refused", () => {
  const main = "export const a = 1;\nexport { a };\nexport default 1;\nexport default 2;\n";
  expect(errors({ "main.ts": main })).toMatchSnapshot();
});

test("every problem of a file is reported, once", () => {
  const main = `import { bad } from "./x.js";
const make = (name: string) => ({ name, job: process.env.JOB });
export default [{ a: Date.now(), b: [1, Math.random()] }, make("a"), make("b"), bad, bad];
`;
  expect(errors({ "main.ts": main, "x.ts": "export const bad = new Map();" })).toMatchSnapshot();
});

test("all syntax errors are reported with their places", () => {
  expect(errors({ "main.ts": "export default {\n  a: 1,,\n  b: ;\n};\nconst = 2;\n" })).toMatchSnapshot();
});

describe("imports", () => {
  test.each([
    ["of packages", `import { readFileSync } from "node:fs"; export default readFileSync("/etc/passwd");`],
    ["by absolute path", `import x from "/etc/passwd"; export default x;`],
    ["out of the root", `import x from "../../../../../../../../etc/passwd.ts"; export default x;`],
    ["of files that are no TypeScript", `import x from "./x.json"; export default x;`],
    ["without an ending", `import x from "./x"; export default x;`],
    ["of a missing file, with the nearest", `import x from "./sytems.js"; export default x;`],
    ["of a missing name, with the nearest", `import { SYSTEM } from "./systems.js"; export default SYSTEM;`],
    ["of a missing name of our package", `import { defineArtefact } from "nix-artifacts"; export default defineArtefact({});`],
    ["of our package as a whole", `import all from "nix-artifacts"; export default all;`],
    ["with a wrong number of arguments", `import { defineArtifact } from "nix-artifacts"; export default defineArtifact();`],
    ["of a folder", `import x from "./folder.js"; export default x;`],
  ])("%s", (_title, main) => {
    const files = { "main.ts": main, "systems.ts": "export const SYSTEMS = 1;", "folder.ts/x.ts": "" };
    expect(errors(files)).toMatchSnapshot();
  }); // prettier-ignore

  test("in a circle are refused with the chain", () => {
    const files = {
      "main.ts": `import { a } from "./a.js"; export default a;`,
      "a.ts": `import { b } from "./deep/b.js"; export const a = b;`,
      "deep/b.ts": `import { a } from "../a.js"; export const b = a;`,
    };
    expect(errors(files)).toMatchSnapshot();
    expect(errors({ "main.ts": `import x from "./main.js"; export default x;` })).toMatchSnapshot();
  });

  test("through a symbolic link that leaves the root are refused", () => {
    const outside = repository({ "secret.ts": "export default 'secret';" });
    const found = errors({ "main.ts": `import x from "./link.js"; export default x;` }, (root) => {
      symlinkSync(join(outside, "secret.ts"), join(root, "link.ts"));
    });
    expect(found).toMatchSnapshot();
  });

  test("of a device are refused without reading it", () => {
    const found = errors(
      { "main.ts": `import x from "./dev/link.js"; export default x;`, "dev/x.ts": "" },
      (root) => {
        symlinkSync("/dev/zero", join(root, "dev/link.ts"));
      },
    );
    expect(found[0]).toContain("MANIFEST_OUTSIDE");
  });
});

test("constants that need themselves are refused", () => {
  expect(errors({ "main.ts": "const a = b; const b = [a]; export default a;" })).toMatchSnapshot();
  expect(errors({ "main.ts": "const { a } = { a: a }; export default a;" })).toMatchSnapshot();
});

describe("a small file cannot take all time and memory", () => {
  const doubling = (step: string, count = 60) =>
    Array.from({ length: count }, (_, n) => `const a${n + 1} = ${step.replaceAll("a", `a${n}`)};`).join("\n");
  const cases: readonly (readonly [title: string, source: string])[] = [
    ["doubled arrays", `const a0 = [1];\n${doubling("[...a, ...a]")}\nexport default a60;`],
    ["doubled texts", `const a0 = "x";\n${doubling("`${a}${a}`")}\nexport default a60;`],
    ["doubled concatenations", `const a0 = "x";\n${doubling("a + a")}\nexport default a60;`],
    ["shared parts that double when written out", `const a0 = 1;\n${doubling("[a, a]")}\nexport default a60;`],
    ["shared objects that double when written out", `const a0 = 1;\n${doubling("{ l: a, r: a }")}\nexport default a60;`],
    ["endless recursion", `const f = (x) => f(x);\nexport default f(1);`],
    ["recursion that doubles", `const f = (n) => (n === 0 ? 0 : f(n - 1) + f(n - 1));\nexport default f(60);`],
    ["nested loops", `const l = Array0;\nexport default l.map((a) => l.map((b) => l.map((c) => l.map((d) => [a, b, c, d]))));`.replace("Array0", `[${"1,".repeat(200)}]`)],
    ["repeated replacement", `const f = (n, text) => (n === 0 ? text : f(n - 1, text.replaceAll("x", text)));\nexport default f(9, "xx");`],
    ["long joins", `const l = [${"1,".repeat(5000)}];\nexport default l.join("${"x".repeat(5000)}");`],
    ["deep brackets", `export default ${"[".repeat(5000)}${"]".repeat(5000)};`],
    ["absurdly deep brackets", `export default ${"(".repeat(100_000)}1${")".repeat(100_000)};`],
    ["long sums", `export default ${"1+".repeat(20_000)}1;`],
    ["long chains", `const a = {};\nexport default a${"?.b".repeat(20_000)};`],
    ["deep patterns", `const ${"[".repeat(2000)}a${"]".repeat(2000)} = [1];\nexport default a;`],
    ["values nested step by step", `const a0 = [1];\n${doubling("[a]", 2000)}\nexport default [${Array.from({ length: 20 }, (_, n) => `a${(n + 1) * 100}`).join(", ")}];`],
    ["large files", `export default 1;${" ".repeat(1_100_000)}`],
  ]; // prettier-ignore

  test.each(cases)("%s", (_title, source) => {
    const [first] = errors({ "main.ts": source });
    expect(first?.replace(/\(write the values out or split the file\)$/, "")).toMatchSnapshot();
  });

  test("long chains of imports", () => {
    const files = Array.from({ length: 400 }, (_, n) => [
      `f${n}.ts`,
      `export { default } from "./f${n + 1}.js";`,
    ]);
    const found = errors({ ...Object.fromEntries(files), "f400.ts": "export default 1;", "main.ts": `export { default } from "./f0.js";` }); // prettier-ignore
    expect(found[0]).toContain("MANIFEST_TOO_COMPLEX");
  });
});
