/** What a person gets to see of a command that meets a fault. */
import { expect, vi } from "vitest";
import { readFiles } from "../cli/repository.js";
import type { FaultRow } from "../faults/fault-row.js";
import type { OddityRow } from "../faults/oddities.js";
import type { Place } from "./place.js";
import { ATTEMPTS, TOKEN, type World } from "./world.js";

export interface Scene {
  readonly place: Place;
  readonly world: World;
  /** An origin whose certificate nobody has signed. */
  readonly secureUrl: string;
}

export async function saysWhatHappened(scene: Scene, row: FaultRow): Promise<void> {
  const { place, world } = scene;
  const before = readFiles(world.cwd);
  const requests = order(scene, row);
  const { errors, said } = await place.run(world);

  expect(said).toMatch(row.says);
  expect(errors).not.toEqual([]);
  expect(place.ownCode === undefined ? row.codes : [place.ownCode]).toContain(errors[0]?.code);
  expect(said).not.toContain("up to date");
  expect(readFiles(world.cwd)).toEqual(before);
  expectNoToken(world, said);
  expect(requests()).toBe(row.passes ? ATTEMPTS : 1);
}

export async function isNotDisturbed(scene: Scene, row: OddityRow): Promise<void> {
  const requests = order(scene, row, 1);
  const { errors, said } = await scene.place.run(scene.world);

  expect(errors.filter(({ code }) => code !== "DOCTOR_BROKEN")).toEqual([]);
  expectNoToken(scene.world, said);
  expect(requests()).toBeGreaterThan(0);
}

export async function goesOn(scene: Scene, row: FaultRow): Promise<void> {
  order(scene, row, 1);
  const { errors, said } = await scene.place.run(scene.world);

  expect(errors.filter(({ code }) => code !== "DOCTOR_BROKEN")).toEqual([]);
  expect(said).not.toMatch(row.says);
  expectNoToken(scene.world, said);
}

/** @returns how often the request that the fault spoils was sent since then; redirects in a circle are one */
function order(
  { place: { path, method = "GET" }, world: { gitlab }, secureUrl }: Scene,
  row: OddityRow & Pick<FaultRow, "trusting">,
  times = Infinity,
): () => number {
  const { spoils } = row;
  const kind =
    typeof row.kind === "function" ? row.kind({ otherUrl: gitlab.storageUrl, secureUrl }) : row.kind;
  if (row.trusting === true) vi.stubEnv("NODE_TLS_REJECT_UNAUTHORIZED", "0");
  gitlab.clearFaults();
  const atStorage = spoils === "bytes";
  const sent = atStorage ? gitlab.storageRequests : gitlab.requests;
  const before = sent.length;
  gitlab.fault({ ...(atStorage ? { on: "storage", path: "/" } : { path, method }), times, ...kind });
  return () => {
    const own = sent
      .slice(before)
      .filter((one) => atStorage || (one.method === method && one.path.includes(path)));
    return kind.kind === "redirect-loop" ? Math.min(own.length, 1) : own.length;
  };
}

function expectNoToken({ gitlab, cwd, shown }: World, said: string): void {
  const files = Object.values(readFiles(cwd)).join("\n");
  expect(`${said}\n${shown()}\n${files}`).not.toContain(TOKEN);
  expect(gitlab.leaks).toEqual([]);
}
