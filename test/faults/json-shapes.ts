import { answer } from "./answers.js";
import { type FaultRow, final, passing } from "./fault-row.js";

/** Each answer has one of these. */
const REQUIRED = ["id", "name", "username", "device_code", "access_token"];

/** Answers of the right status whose JSON is none, or another. */
export const SHAPES: readonly FaultRow[] = [
  {
    name: "a page in place of JSON",
    spoils: "json",
    kind: { kind: "html" },
    ...final,
    codes: ["GITLAB_UNEXPECTED_ANSWER"],
    says: /answered 200 with no JSON \(text\/html\)/,
  },
  {
    name: "JSON without fields",
    spoils: "json",
    kind: { kind: "fields", remove: REQUIRED },
    ...final,
    codes: ["GITLAB_UNEXPECTED_ANSWER"],
    says: /answered 200 with an unexpected shape/,
  },
  {
    name: "JSON with null in place of values",
    spoils: "json",
    kind: { kind: "fields", setNull: REQUIRED },
    ...final,
    codes: ["GITLAB_UNEXPECTED_ANSWER"],
    says: /answered 200 with an unexpected shape/,
  },
  {
    name: "JSON of another type",
    spoils: "json",
    kind: answer(200, ["not", { what: "was asked for" }]),
    ...final,
    codes: ["GITLAB_UNEXPECTED_ANSWER"],
    says: /answered 200 with an unexpected shape/,
  },
  {
    name: "JSON that is cut off",
    spoils: "json",
    kind: answer(200, '[{"id": 1, ', { "Content-Type": "application/json" }),
    ...final,
    codes: ["GITLAB_UNEXPECTED_ANSWER"],
    says: /answered 200 with no JSON \(application\/json\)/,
  },
  {
    name: "JSON that is longer than declared",
    spoils: "json",
    kind: { kind: "over-long" },
    ...final,
    codes: ["GITLAB_UNEXPECTED_ANSWER"],
    says: /answered 200 with no JSON/,
  },
  ...(["truncated", "reset", "stalled"] as const).map((kind): FaultRow => ({
    name: `JSON that is ${kind}`,
    spoils: "json",
    kind: { kind, afterBytes: 1 },
    ...passing,
    codes: [kind === "stalled" ? "GITLAB_TIMEOUT" : "GITLAB_TRUNCATED"],
    says: /sent 1 of \d+ bytes, then /,
  })),
];
