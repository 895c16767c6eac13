import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { type EmbeddedGitLab, startGitLab } from "../../src/simulator/simulator.js";
import { readFiles } from "../cli/repository.js";
import { FAULTS, type FaultRow, ODDITIES } from "../faults.js";
import { selfSigned } from "../simulator/self-signed.js";
import { ATTEMPTS, makeWorld, type Place, TOKEN, type World } from "./place.js";

/** Puts each fault to each of `places`: for ever, and once. */
export function putFaultsTo(places: readonly Place[]): void {
  describe.each(places)("$name", describePlace);
}

function describePlace(place: Place): void {
  const { meets, except = [] } = place;
  const met = FAULTS.filter(({ spoils, name }) => meets.includes(spoils) && !except.includes(name));
  const rows = place.method === "POST" ? met.map(asOfChange) : met;
  let world: World;
  let secure: EmbeddedGitLab;

  beforeAll(async () => {
    world = await makeWorld(place.locked);
    secure = await startGitLab({ tls: selfSigned() });
    secure.fault({ path: "/", kind: "moved", location: world.gitlab.url });
  });
  afterAll(() => Promise.all([world.gitlab.close(), secure.close()]));

  // A run that hangs fails by this.
  test.each(rows)("says what happened: $name", { timeout: 10_000 }, async (row) => {
    const before = readFiles(world.cwd);
    const requests = order({ world, secure }, place, row);
    const { errors, said } = await place.run(world);

    expect(said).toMatch(row.says);
    expect(errors).not.toEqual([]);
    if (place.ownCode !== true) expect(row.codes).toContain(errors[0]?.code);
    expect(said).not.toContain("up to date");
    expect(readFiles(world.cwd)).toEqual(before);
    expectNoToken(world, said);
    expect(requests()).toBe(row.passes ? ATTEMPTS : 1);
  });

  const odd = ODDITIES.filter(
    ({ spoils, kind }) => meets.includes(spoils) && !(place.method === "POST" && leadsOn(kind)),
  );
  test.each(odd)("is not disturbed by: $name", { timeout: 10_000 }, async (row) => {
    const requests = order({ world, secure }, place, row, 1);
    const { errors, said } = await place.run(world);

    expect(errors.filter(({ code }) => code !== "DOCTOR_BROKEN")).toEqual([]);
    expectNoToken(world, said);
    expect(requests()).toBeGreaterThan(0);
  });

  test.each(rows.filter(({ passes }) => passes))("goes on after: $name", { timeout: 10_000 }, async (row) => {
    order({ world, secure }, place, row, 1);
    const { errors, said } = await place.run(world);

    expect(errors.filter(({ code }) => code !== "DOCTOR_BROKEN")).toEqual([]);
    expect(said).not.toMatch(row.says);
    expectNoToken(world, said);
  });
}

function leadsOn(kind: FaultRow["kind"]): boolean {
  return typeof kind === "function" || ["moved", "redirect-loop", "sign-in"].includes(kind.kind);
}

function asOfChange(row: FaultRow): FaultRow {
  if (!leadsOn(row.kind)) return row;
  return { ...row, passes: false, codes: ["GITLAB_BAD_REDIRECT"], says: /answered 30[12] to a change/ };
}

/** @returns how often the request that the fault spoils was sent since then; redirects in a circle are one */
function order(
  { world: { gitlab }, secure }: { readonly world: World; readonly secure: EmbeddedGitLab },
  { path, method }: Place,
  row: Pick<FaultRow, "spoils" | "kind" | "trusting">,
  times = Infinity,
): () => number {
  const { spoils } = row;
  const elsewhere = { otherUrl: gitlab.storageUrl, secureUrl: secure.url };
  const kind = typeof row.kind === "function" ? row.kind(elsewhere) : row.kind;
  if (row.trusting === true) vi.stubEnv("NODE_TLS_REJECT_UNAUTHORIZED", "0");
  gitlab.clearFaults();
  const atStorage = spoils === "bytes";
  const sent = atStorage ? gitlab.storageRequests : gitlab.requests;
  const before = sent.length;
  gitlab.fault({
    ...(atStorage ? { on: "storage", path: "/" } : { path, method: method ?? "GET" }),
    times,
    ...kind,
  });
  return () => {
    const own = sent
      .slice(before)
      .filter((one) => atStorage || (one.method === (method ?? "GET") && one.path.includes(path)));
    return kind.kind === "redirect-loop" ? Math.min(own.length, 1) : own.length;
  };
}

function expectNoToken({ gitlab, cwd, shown }: World, said: string): void {
  const files = Object.values(readFiles(cwd)).join("\n");
  expect(`${said}\n${shown()}\n${files}`).not.toContain(TOKEN);
  expect(gitlab.leaks).toEqual([]);
}
