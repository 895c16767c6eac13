import type { Finding } from "../doctor/finding.js";
import { userErrorsOf } from "../errors.js";

export type Seen = Omit<Finding, "name">;

/** What `look` sees; an error of the user's is what is broken. */
export async function looked(name: string, look: () => Promise<Seen>): Promise<Finding> {
  try {
    return { name, ...(await look()) };
  } catch (error) {
    const [first] = userErrorsOf(error) ?? [];
    if (first === undefined) throw error;
    const { message: meaning, hint } = first;
    return { name, state: "broken", meaning, ...(hint === undefined ? {} : { fix: hint }) };
  }
}
