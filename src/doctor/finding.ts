/**
 * BESIDE the pipeline: what works on this machine, what does not, and the fix. Each check looks at one part and never throws:
 * that something is missing is an answer. This file is what they answer with.
 */

export interface Finding {
  /** What was looked at: "Nix daemon". */
  readonly name: string;
  /** `note`: it is as it is, and good to know. `unknown`: it could not be looked at. */
  readonly state: "ok" | "note" | "warning" | "broken" | "unknown";
  /** What it means, in one sentence without a full stop. */
  readonly meaning: string;
  /** The command or edit that mends it. */
  readonly fix?: string;
}

/** The findings as lines for people: state, name, meaning, and the fix below. */
export function printFindings(findings: readonly Finding[]): string {
  const width = Math.max(...findings.map(({ name }) => name.length));
  return findings
    .flatMap(({ name, state, meaning, fix }) => [
      `${state.padEnd(7)}  ${name.padEnd(width)}  ${meaning}`,
      ...(fix === undefined ? [] : [`${" ".repeat(9)}fix: ${fix}`]),
    ])
    .join("\n");
}
