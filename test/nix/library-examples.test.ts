import { readdirSync, readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { evaluate, nixPath, nixString, projectPath } from "./evaluate.js";

const LIBRARY = projectPath("nix/lib");
const EXAMPLE = nixPath(projectPath("test/nix/example.nix"));
const EXAMPLES = nixPath(projectPath("test/nix/example"));
const files = readdirSync(LIBRARY).filter((file) => file !== "default.nix");

describe.each(files)("nix/lib/%s", (file) => {
  const text = readFileSync(`${LIBRARY}/${file}`, "utf8");

  test("is documented with examples, and every one is true", async () => {
    const examples = examplesOf(text);
    expect(examples).not.toEqual([]);
    expect(await evaluate(inScope(`[ ${examples.map(check).join("\n")} ]`))).toEqual(
      examples.map(({ expression }) => ({ expression, holds: true })),
    );
  });

  test("is an attribute of the library under its file name", async () => {
    const names = await evaluate(`builtins.attrNames (import ${nixPath(LIBRARY)})`);
    expect(names).toContain(file.replace(/\.nix$/, ""));
  });
});

interface Example {
  readonly expression: string;
  /** Undefined: the expression is an error. */
  readonly value: string | undefined;
}

/** Examples are the fenced block after `# Examples`: expressions, each followed by `=> value` or `=> <error>`. */
function examplesOf(text: string): Example[] {
  const block = /# Examples\n\n *```nix\n([\s\S]*?) *```/.exec(text)?.[1] ?? "";
  const examples: Example[] = [];
  let expression: string[] = [];
  let value: string[] | undefined;
  for (const line of [...block.split("\n").slice(0, -1), ""]) {
    const starts = /^ *=> (.*)/.exec(line)?.[1];
    if (starts !== undefined) value = [starts];
    else if (value === undefined) expression.push(line);
    else if (line !== "" && !isBalanced(value.join("\n"))) value.push(line);
    else {
      examples.push(example(expression, value));
      expression = [line];
      value = undefined;
    }
  }
  return examples;
}

function example(expression: readonly string[], value: readonly string[]): Example {
  const text = value.join("\n");
  return { expression: expression.join("\n").trim(), value: text === "<error>" ? undefined : text };
}

function isBalanced(text: string): boolean {
  return text.split(/[[{]/).length === text.split(/[\]}]/).length;
}

function check({ expression, value }: Example): string {
  const holds =
    value === undefined ? `!(builtins.tryEval (${expression})).success` : `(${expression}) == (${value})`;
  return `{ expression = builtins.fromJSON ${nixString(JSON.stringify(expression))}; holds = ${holds}; }`;
}

function inScope(expression: string): string {
  return `
    let
      example = import ${EXAMPLE};
      exampleIndex = {
        proxy = "http://127.0.0.1:7467";
        artifacts = ${EXAMPLES} + "/artifacts";
        provenance = ${EXAMPLES} + "/provenance";
        files.example = "example.json";
        groups.tools = [ "example" ];
      };
      pkgs = import ${nixPath(projectPath("nix/stand-in"))} { system = "x86_64-linux"; };
    in
    with import ${nixPath(LIBRARY)};
    ${expression}`;
}
