/** Every fault against a login, from its beginning to its end. */
import { vi } from "vitest";
import type { ReadProject, ReadRequest } from "../../src/read-project.js";
import { LOGINS } from "./login-places.js";
import { putFaultsTo } from "./put-faults.js";

// A thread runs JavaScript only, and would load the parser for each of the runs.
vi.mock("../../src/read-project-thread.js", () => ({
  async readProjectOnThread(request: ReadRequest): Promise<ReadProject> {
    const { readProject } = await import("../../src/read-project.js");
    return readProject(request);
  },
}));

putFaultsTo(LOGINS);
