import type { BodyFault } from "./faults.js";
import type { Reply } from "./reply.js";

/** A reply and what goes wrong while it is sent. */
export interface Answer {
  readonly reply: Reply;
  readonly fault: BodyFault | undefined;
}
