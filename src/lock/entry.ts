import type { Lock, LockedVariant } from "./schema.js";

/** A locked variant and what it is called. */
export interface LockedEntry {
  readonly artifact: string;
  readonly system: string;
  readonly variant: LockedVariant;
}

/** Everything that a lock has. */
export function entriesOf({ artifacts }: Lock): LockedEntry[] {
  return Object.entries(artifacts).flatMap(([artifact, { systems }]) =>
    Object.entries(systems).map(([system, variant]) => ({ artifact, system, variant })),
  );
}
