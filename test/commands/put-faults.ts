import { afterAll, beforeAll, describe, test } from "vitest";
import { startGitLab } from "../../src/simulator/simulator.js";
import { leadsOn } from "../faults/as-of-change.js";
import { type FaultRow, waits } from "../faults/fault-row.js";
import { FAULTS } from "../faults/faults.js";
import { ODDITIES, type OddityRow } from "../faults/oddities.js";
import { selfSigned } from "../simulator/self-signed.js";
import { goesOn, isNotDisturbed, saysWhatHappened, type Scene } from "./meet-fault.js";
import type { Place } from "./place.js";
import { makeWorld } from "./world.js";

/** A run that hangs fails by this. */
const LIMIT = { timeout: 10_000 };

/** Puts each fault to each of `places`: for ever, and once. */
export function putFaultsTo(places: readonly Place[]): void {
  describe.each(places)("$name", putQuickFaults);
  describe.concurrent.each(places)("$name", putWaitingFaults);
}

/** One after the other to one instance. */
function putQuickFaults(place: Place): void {
  let scene: Scene;
  let close: () => Promise<unknown>;

  beforeAll(async () => {
    const world = await makeWorld(place);
    const secure = await startGitLab({ tls: selfSigned() });
    secure.fault({ path: "/", kind: "moved", location: world.gitlab.url });
    scene = { place, world, secureUrl: secure.url };
    close = () => Promise.all([world.gitlab.close(), secure.close()]);
  });
  afterAll(() => close());

  const rows = rowsFor(place).filter((row) => !takesTime(row, place));
  test.each(rows)("says what happened: $name", LIMIT, (row) => saysWhatHappened(scene, row));
  test.each(odditiesFor(place))("is not disturbed by: $name", LIMIT, (row) => isNotDisturbed(scene, row));
  const passing = rows.filter((row) => passes(row, place));
  test.each(passing)("goes on after: $name", LIMIT, (row) => goesOn(scene, row));
}

/** Each to an instance of its own, so that they wait together. */
function putWaitingFaults(place: Place): void {
  const alone = (check: typeof goesOn) => async (row: FaultRow) => {
    const world = await makeWorld(place);
    try {
      await check({ place, world, secureUrl: world.gitlab.url }, row);
    } finally {
      await world.gitlab.close();
    }
  };
  const rows = rowsFor(place).filter((row) => takesTime(row, place));
  test.each(rows)("says what happened: $name", alone(saysWhatHappened));
  const passing = rows.filter((row) => passes(row, place));
  test.each(passing)("goes on after: $name", alone(goesOn));
}

function rowsFor({ meets, except = [], as = (row) => row }: Place): readonly FaultRow[] {
  return FAULTS.filter(({ spoils, name }) => meets.includes(spoils) && !except.includes(name)).map(as);
}

/** No request but a question is sent on to another place. */
function odditiesFor({ meets, method }: Place): readonly OddityRow[] {
  return ODDITIES.filter((row) => meets.includes(row.spoils) && !(method === "POST" && leadsOn(row)));
}

function passes(row: FaultRow, { once = false }: Place): boolean {
  return row.passes && !(once && row.codes.includes("OAUTH_UNREACHABLE"));
}

function takesTime(row: FaultRow, { pauses = false }: Place): boolean {
  return pauses || waits(row);
}
