/** One folder for all temporary files of a test run, gone when it ends. Tests make theirs in `os.tmpdir()`. */
import { chmodSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** Runs before any test, in the process whose environment the others inherit. The name is short: sockets lie below it (unix(7)). */
export default function setUp(): () => void {
  const root = mkdtempSync(join(tmpdir(), "t-"));
  chmodSync(root, 0o1777); // builds and other users have files of their own there
  process.env["TMPDIR"] = root;
  return () => rmSync(root, { recursive: true, force: true, maxRetries: 3 });
}
