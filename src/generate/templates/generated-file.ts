/** The outer text of every file that is generated. Values arrive printed, so nothing is escaped here. */
export const GENERATED_FILE = `\
# Generated from artifacts.lock.json by nix-artifacts. Do not edit; to write it again, run: artifacts generate
{{body}}
`;
