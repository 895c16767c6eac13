import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, expect, test } from "vitest";

const repositoryRoot = fileURLToPath(new URL("../..", import.meta.url));
mkdirSync(join(repositoryRoot, ".cache"), { recursive: true });
const built = mkdtempSync(join(repositoryRoot, ".cache/built-"));
afterAll(() => rmSync(built, { recursive: true }));

test("the built type check knows our types, as the one in the source tree does", () => {
  const compiler = join(repositoryRoot, "node_modules/typescript/bin/tsc");
  execFileSync(process.execPath, [compiler, "-p", "tsconfig.build.json", "--outDir", built], {
    cwd: repositoryRoot,
  });
  const script = `
    import { typeCheck } from ${JSON.stringify(join(built, "manifest/type-check.js"))};
    const manifest = (form) => \`import { defineArtifact } from "nix-artifacts";
      export default defineArtifact({ name: "a", project: 1, ref: { job: 1 }, systems: "any", form: "\${form}" });\`;
    const errors = await typeCheck(new Map([["/right.ts", manifest("file")], ["/wrong.ts", manifest("fil")]]));
    process.stdout.write(JSON.stringify(errors.map(({ code, at }) => [code, at.file, at.line])));`;
  const output = execFileSync(process.execPath, ["--input-type=module", "-e", script], { encoding: "utf8" });
  expect(JSON.parse(output)).toEqual([["TYPE_ERROR", "/wrong.ts", 2]]);
});
