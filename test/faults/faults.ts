/** Everything that GitLab, its storage and the network do to a request. Tests put it to the commands. */
import { BODIES } from "./bodies.js";
import { CONNECTIONS } from "./connections.js";
import type { FaultRow } from "./fault-row.js";
import { SHAPES } from "./json-shapes.js";
import { PAUSES } from "./pauses.js";
import { REFUSALS } from "./refusals.js";

export const FAULTS: readonly FaultRow[] = [...REFUSALS, ...PAUSES, ...CONNECTIONS, ...SHAPES, ...BODIES];
