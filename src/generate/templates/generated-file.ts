/** What every generated file says first: a comment in Nix, the member `//` in JSON. */
export const GENERATED_BY =
  "Generated from artifacts.lock.json by nix-artifacts. Do not edit; to write it again, run: artifacts generate";

const MARKS = [`# ${GENERATED_BY}\n`, `{\n  "//": "${GENERATED_BY}"`];

/** Whether a file in the output folder is one of ours, which we may remove. */
export function isGenerated(text: string): boolean {
  return MARKS.some((mark) => text.startsWith(mark));
}

/** The outer text of every Nix file that is generated. Values arrive printed, so nothing is escaped here. */
export const GENERATED_FILE = `\
# ${GENERATED_BY}
{{body}}
`;
