import { readFile } from "node:fs/promises";
import { UserError } from "../errors.js";

/**
 * The id of a group by its name in `/etc/group` (group(5)), or by its id.
 *
 * @throws UserError `NO_SUCH_GROUP`
 */
export async function groupId(group: string): Promise<number> {
  if (/^\d{1,10}$/.test(group)) return Number(group);
  const lines = (await readFile("/etc/group", "utf8").catch(() => "")).split("\n");
  const fields = lines.map((line) => line.split(":")).find(([name]) => name === group);
  if (fields?.[2] !== undefined) return Number(fields[2]);
  throw new UserError("NO_SUCH_GROUP", `there is no group "${group}" in /etc/group`, {
    exitCode: 2,
    hint: "name the group of the build users, nixbld on most machines, or give its number",
  });
}
