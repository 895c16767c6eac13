import { beforeEach, expect, it } from "vitest";
import { GitLabError } from "../../src/gitlab/gitlab-error.js";
import { type Circuits, createCircuits } from "../../src/proxy/circuit.js";

const DOWN = new GitLabError("GITLAB_UNREACHABLE", "no answer", { transient: true });
const REFUSED = new GitLabError("GITLAB_FORBIDDEN", "no", { status: 403 });

let now: number;
let circuits: Circuits;
let asked: number;
beforeEach(() => {
  now = 1000;
  asked = 0;
  circuits = createCircuits(() => now);
});

/** What a request to `origin` ends with when the instance answers with `answer`. */
async function ask(answer: unknown, origin = "https://gitlab.example.com"): Promise<string> {
  const work = () => {
    asked++;
    return answer instanceof Error ? Promise.reject(answer) : Promise.resolve("fine");
  };
  return circuits.guard(origin, work).catch((error: Error) => error.message);
}

it("an instance that failed three times in a row is left alone for a while, and others are not", async () => {
  for (let failure = 0; failure < 3; failure++) expect(await ask(DOWN)).toBe("no answer");
  expect(await ask("up")).toMatch(/failed several times in a row; it is asked again in 15 s/);
  expect(asked).toBe(3);
  expect(await ask("up", "https://gitlab.example.org")).toBe("fine");
});

it("after the pause one request finds out for all", async () => {
  for (let failure = 0; failure < 3; failure++) await ask(DOWN);
  now += 15_000;
  expect(await ask(DOWN)).toBe("no answer");
  expect(await ask("up")).toMatch(/asked again/);
  now += 15_000;
  expect(await ask("up")).toBe("fine");
  expect(await ask(DOWN)).toBe("no answer");
  expect(await ask("up")).toBe("fine");
});

it("an instance that fails at one thing, or finds its caller too busy, is not down", async () => {
  const broken = new GitLabError("GITLAB_UNAVAILABLE", "an error of its own", {
    status: 500,
    transient: true,
  });
  const busy = new GitLabError("GITLAB_RATE_LIMITED", "too many", { status: 429, transient: true });
  for (const error of [broken, busy]) {
    for (let failure = 0; failure < 5; failure++) expect(await ask(error)).toBe(error.message);
  }
  expect(asked).toBe(10);
  for (let failure = 0; failure < 3; failure++) await ask(DOWN);
  now += 15_000;
  expect(await ask(broken)).toBe("an error of its own");
  expect(await ask("up")).toBe("fine");
});

it("an instance that refuses is not down", async () => {
  for (let refusal = 0; refusal < 5; refusal++) expect(await ask(REFUSED)).toBe("no");
  expect(asked).toBe(5);
});
