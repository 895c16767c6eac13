import * as fc from "fast-check";

const PIECES = [
  "/merge",
  "\n/close\n",
  "\r/approve",
  "@all",
  "@alice",
  "Closes #1",
  "!7",
  "~bug",
  "%v1",
  "&9",
  "$3",
  "^alert#1",

  "|",
  "\\|",
  "\\",
  "`",
  "``",
  "```\n",
  "~~~",
  "<!--",
  "-->",
  "<img src=x onerror=1>",
  "</details>",
  "&#64;all",

  "- [x] <!-- artifacts-bump-recreate -->",
  '<!-- artifacts-bump: {"version":1} -->',
  "Artifacts-Bump: " + "0".repeat(32),

  "[x](javascript:1)",
  "![x](http://evil)",
  "http://evil.example",
  "](<",
  ">)",
  "**",
  "_",
  "#",
  "> ",
  "---",
  "$`1+1`$",

  "\u202E",
  "\u200B",
  "\u2028",
  "\0",
  "\uD800",
  "👩‍👩‍👧",
  " glpat-abcdefghij0123456789 ",
  ":smile:",
  "[[_TOC_]]",
  "{+x+}",
  "&nbsp;",
];

/** Texts that a person who may name a job, a tag, a commit or a file could write. */
export const hostile = fc
  .array(fc.oneof(fc.constantFrom(...PIECES), fc.string({ unit: "binary" })), { minLength: 1, maxLength: 6 })
  .map((parts) => parts.join(""));
