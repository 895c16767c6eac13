/** The other side of `report.ts`. */
import { join } from "node:path";
import { z } from "zod";
import { readText } from "../write-file.js";
import { REPORT_FILE } from "./report.js";

const Report = z.object({
  pid: z.int().positive(),
  cache: z.string(),
  uploaded: z.int(),
  dropped: z.int(),
  /** Reasons by entry. */
  failing: z.record(z.string(), z.string()),
});
export type Report = z.infer<typeof Report>;

/** The last report, of an uploader that may have ended since; undefined when there is none that can be read. */
export async function readReport(spool: string): Promise<Report | undefined> {
  try {
    return Report.safeParse(JSON.parse((await readText(join(spool, REPORT_FILE))) ?? "null")).data;
  } catch {
    return undefined;
  }
}
