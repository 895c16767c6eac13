/** A link of the storage that is good no longer while its bytes are on the way, put to every command that downloads. */
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import type { ReadProject, ReadRequest } from "../../src/read-project.js";
import { readFiles } from "../cli/repository.js";
import { DOWNLOADS } from "./download-places.js";
import { makeWorld, TOKEN, type World } from "./world.js";

// A thread runs JavaScript only, and would load the parser for each of the runs.
vi.mock("../../src/read-project-thread.js", () => ({
  async readProjectOnThread(request: ReadRequest): Promise<ReadProject> {
    const { readProject } = await import("../../src/read-project.js");
    return readProject(request);
  },
}));

describe.each(DOWNLOADS)("$name", ({ locked, run }) => {
  let world: World;
  beforeAll(async () => {
    world = await makeWorld({ locked });
  });
  afterAll(() => world.gitlab.close());

  test("has GitLab make another link, and goes on", async () => {
    const { gitlab, cwd, shown } = world;
    const [before, asked] = [gitlab.storageRequests.length, gitlab.requests.length];
    gitlab.fault({ on: "storage", path: "/", times: 1, kind: "truncated", afterBytes: 100 });
    gitlab.fault({ on: "storage", path: "/", times: 1, kind: "denied" });
    const { errors, said } = await run(world);

    expect(errors).toEqual([]);
    expect(gitlab.storageRequests.slice(before).map(({ status }) => status)).toHaveLength(3);
    const links = gitlab.requests.slice(asked).filter(({ path }) => path.includes("/artifacts"));
    expect(links).toHaveLength(3);
    expect(`${said}\n${shown()}\n${Object.values(readFiles(cwd)).join("\n")}`).not.toContain(TOKEN);
    expect(gitlab.leaks).toEqual([]);
  });
});
