import type { FaultRow } from "./fault-row.js";

/** A change is not sent on to where an answer points. */
export function asOfChange(row: FaultRow): FaultRow {
  if (!leadsOn(row)) return row;
  return { ...row, passes: false, codes: ["GITLAB_BAD_REDIRECT"], says: /answered 30[12] to a change/ };
}

export function leadsOn({ kind }: Pick<FaultRow, "kind">): boolean {
  return typeof kind === "function" || ["moved", "redirect-loop", "sign-in"].includes(kind.kind);
}
