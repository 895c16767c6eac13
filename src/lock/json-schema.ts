/** The JSON Schema of the lockfile, printed from the format's own definition. */
import { z } from "zod";
import { Lock } from "./schema.js";

/** Text of `artifacts.lock.schema.json`, JSON Schema draft 2020-12. */
export async function printLockSchema(): Promise<string> {
  const { format } = await import("prettier");
  const schema = {
    title: "artifacts.lock.json",
    description: "The record of all resolved and hashed artifacts, written by `artifacts lock`.",
    ...z.toJSONSchema(Lock),
  };
  return format(JSON.stringify(schema), { parser: "json" });
}
