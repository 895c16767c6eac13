import { answer } from "./answers.js";
import { type FaultRow, final, passing } from "./fault-row.js";

/** Nothing in it is above 0x7f, so that it is its own UTF-8. */
const HOSTILE_ZIP = "PK\u0003\u0004\u0014" + "\0".repeat(21) + "\u000b\0\0\0../../outer";

/** What happens to the bytes of an artifact, wherever they come from. */
export const BODIES: readonly FaultRow[] = [
  ...(["truncated", "reset", "stalled"] as const).map((kind): FaultRow => ({
    name: `a body that is ${kind}`,
    spoils: "bytes",
    kind: { kind, afterBytes: 100 },
    ...passing,
    codes: [kind === "stalled" ? "GITLAB_TIMEOUT" : "GITLAB_TRUNCATED"],
    says: /sent \d+ of \d+ bytes, then /,
  })),
  {
    name: "a signature that has expired",
    spoils: "bytes",
    kind: { kind: "denied" },
    ...passing,
    codes: ["GITLAB_STORAGE_REFUSED"],
    says: /answered 403 "AccessDenied: Request has expired"/,
  },
  {
    name: "an object that the storage does not have",
    spoils: "bytes",
    kind: { kind: "storage-error", status: 404, code: "NoSuchKey" },
    ...final,
    codes: ["GITLAB_STORAGE_REFUSED"],
    says: /answered 404 "NoSuchKey: The storage says no."/,
  },
  {
    name: "a storage that is asked too often",
    spoils: "bytes",
    kind: { kind: "storage-error", status: 503, code: "SlowDown" },
    ...passing,
    codes: ["GITLAB_UNAVAILABLE"],
    says: /answered 503 "SlowDown: The storage says no."/,
  },
  {
    name: "a storage that fails",
    spoils: "bytes",
    kind: { kind: "storage-error", status: 500, code: "InternalError" },
    ...passing,
    codes: ["GITLAB_UNAVAILABLE"],
    says: /answered 500 "InternalError: The storage says no."/,
  },
  {
    name: "an error of the storage with status 200",
    spoils: "bytes",
    kind: { kind: "storage-error", status: 200, code: "InternalError" },
    ...final,
    codes: ["GITLAB_UNEXPECTED_ANSWER"],
    says: /with an XML document in place of the archive/,
  },
  {
    name: "an archive that is damaged on the way",
    spoils: "bytes",
    kind: { kind: "wrong-bytes" },
    ...final,
    codes: ["OTHER_BYTES"],
    says: /same job id, other bytes|serves other bytes/,
  },
  {
    name: "another archive, whose entries lead out of it",
    spoils: "bytes",
    kind: answer(200, HOSTILE_ZIP, { "Content-Type": "application/zip" }),
    ...final,
    codes: ["OTHER_BYTES", "HASH_OTHER_SIZE"],
    says: /same job id, other bytes|serves other bytes|bytes in GitLab's records/,
  },
  {
    name: "a body that is longer than declared",
    spoils: "bytes",
    kind: { kind: "over-long" },
    ...final,
    codes: ["OTHER_BYTES", "HASH_OTHER_SIZE"],
    says: /same job id, other bytes|serves other bytes|bytes in GitLab's records/,
  },
  {
    name: "a page in place of the bytes",
    spoils: "bytes",
    kind: { kind: "html" },
    ...final,
    codes: ["GITLAB_SIGN_IN"],
    says: /answered with the sign-in page/,
  },
];
