/** A token that ends while a command runs, put to every command that talks to GitLab. */
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import type { ReadProject, ReadRequest } from "../../src/read-project.js";
import type { Fault } from "../../src/simulator/http/faults.js";
import { readFiles } from "../cli/repository.js";
import { DOWNLOADS } from "./download-places.js";
import { BOT, type Place, QUESTIONS, TOKENS } from "./place.js";
import { makeWorld, NEXT_TOKEN, TOKEN, withRenewedTokens, type World } from "./world.js";

// A thread runs JavaScript only, and would load the parser for each of the runs.
vi.mock("../../src/read-project-thread.js", () => ({
  async readProjectOnThread(request: ReadRequest): Promise<ReadProject> {
    const { readProject } = await import("../../src/read-project.js");
    return readProject(request);
  },
}));

const ENDED = {
  kind: "answer",
  status: 401,
  headers: { "Content-Type": "application/json" },
  body: JSON.stringify({ error: "invalid_token", error_description: "Token is expired." }),
} as const;

const ALL = [...DOWNLOADS, ...QUESTIONS, ...BOT, ...TOKENS].filter(({ ownToken }) => ownToken !== true);

describe.each(ALL)("$name", (place) => {
  const world = worldFor(place);

  test("goes on with the next token of a credential helper", async () => {
    const { gitlab } = world();
    const renewed = withRenewedTokens(world());
    const requests = orderEnd(renewed, { path: place.path, method: place.method ?? "GET" });
    const { errors, said } = await place.run(renewed);

    expect(errors.filter(({ code }) => code !== "DOCTOR_BROKEN")).toEqual([]);
    expect(tokensAfter(401, requests())).toEqual(["next"]);
    expectNoToken(renewed, said);
    expect(gitlab.leaks).toEqual([]);
  });
});

describe.each(DOWNLOADS)("$name, while a body breaks off", (place) => {
  const world = worldFor(place);
  const breakOff = () =>
    world().gitlab.fault({ on: "storage", path: "/", times: 1, kind: "truncated", afterBytes: 100 });

  test("takes it up with the next token of a credential helper", async () => {
    const renewed = withRenewedTokens(world());
    const requests = orderEnd(renewed, { path: place.path, after: 1 });
    breakOff();
    const { errors, said } = await place.run(renewed);

    expect(errors).toEqual([]);
    expect(tokensAfter(401, requests())).toEqual(["next"]);
    expectNoToken(renewed, said);
  });

  test("says which token ended and what to do, and leaves the files as they were", async () => {
    const { gitlab, cwd } = world();
    const before = readFiles(cwd);
    const requests = orderEnd(world(), { path: place.path, after: 1, times: Infinity });
    breakOff();
    const { errors, said } = await place.run(world());

    expect(errors).toHaveLength(1);
    expect(said).toMatch(/the token has expired\. The token from GITLAB_TOKEN was sent\./);
    expect(said).toContain("create a token with the scope read_api and put it into GITLAB_TOKEN");
    expect(readFiles(cwd)).toEqual(before);
    expect(requests().filter(({ status }) => status === 401)).toHaveLength(1);
    expectNoToken(world(), said);
    expect(gitlab.leaks).toEqual([]);
  });
});

function worldFor({ locked }: Place): () => World {
  let world: World;
  beforeAll(async () => {
    world = await makeWorld({ locked });
  });
  afterAll(() => world.gitlab.close());
  return () => world;
}

/** @returns the requests for `path` since then */
function orderEnd({ gitlab }: World, when: Omit<Fault, "kind"> & { readonly path: string }) {
  gitlab.clearFaults();
  const before = gitlab.requests.length;
  gitlab.fault({ method: "GET", times: 1, ...when, ...ENDED });
  return () => gitlab.requests.slice(before).filter(({ path }) => path.includes(when.path));
}

/** Whose tokens came after the first answer with `status`. */
function tokensAfter(status: number, requests: World["gitlab"]["requests"]): readonly (string | undefined)[] {
  const at = requests.findIndex((request) => request.status === status);
  return [...new Set(requests.slice(at + 1).map(({ token }) => token?.name))];
}

function expectNoToken({ cwd, shown }: World, said: string): void {
  const text = `${said}\n${shown()}\n${Object.values(readFiles(cwd)).join("\n")}`;
  for (const token of [TOKEN, NEXT_TOKEN]) expect(text).not.toContain(token);
}
