import { FUTURE } from "./answers.js";
import type { FaultRow } from "./fault-row.js";

export type OddityRow = Pick<FaultRow, "name" | "spoils" | "kind">;

/** Answers that are odd and do no harm: the run goes on as if they were not. */
export const ODDITIES: readonly OddityRow[] = [
  {
    name: "a 301 to another path of the instance, as of a project that moved",
    spoils: "request",
    kind: { kind: "moved", location: "?moved" },
  },
  {
    name: "a link to a next page at another origin",
    spoils: "json",
    kind: ({ otherUrl }) => ({
      kind: "headers",
      set: { Link: `<${otherUrl}/api/v4/projects?page=2&per_page=100>; rel="next"` },
    }),
  },
  {
    name: "a clock that is years ahead",
    spoils: "request",
    kind: { kind: "headers", set: { Date: FUTURE } },
  },
  {
    name: "a clock that is years behind",
    spoils: "request",
    kind: { kind: "headers", set: { Date: "Sat, 01 Jan 2000 00:00:00 GMT" } },
  },
];
