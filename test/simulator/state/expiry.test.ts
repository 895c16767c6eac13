import { afterEach, beforeEach, expect, test } from "vitest";
import { startGitLab, type EmbeddedGitLab } from "../../../src/simulator/simulator.js";
import { ask } from "../requests.js";

let gitlab: EmbeddedGitLab;
let old: number;
let newest: number;

beforeEach(async () => {
  gitlab = await startGitLab({ knobs: { storage: "local" } });
  gitlab.addToken({ token: "t", kind: "personal", scopes: ["api"], role: "maintainer" });
  gitlab.addProject({ path: "g/app" });
  const artifacts = { files: { file: "text" }, expireAt: "2020-01-01T00:00:00Z" };
  const add = (status: "success" | "failed" = "success") => {
    const { id } = gitlab.addPipeline("g/app", { ref: "main", status });
    return gitlab.addJob("g/app", id, { name: "build", artifacts }).id;
  };
  old = add();
  newest = add();
  add("failed");
});

afterEach(() => gitlab.close());

async function statuses(job: number): Promise<number[]> {
  const paths = ["artifacts", "artifacts/file", "artifacts/tree"];
  const answers = paths.map((path) =>
    ask(`${gitlab.url}/api/v4/projects/1/jobs/${job}/${path}`, { token: "t" }),
  );
  return (await Promise.all(answers)).map(({ status }) => status);
}

async function shown(job: number) {
  const answer = await ask(`${gitlab.url}/api/v4/projects/1/jobs/${job}`, { token: "t" });
  return answer.json<{ artifacts_file?: object; artifacts: { file_type: string }[] }>();
}

test("expired archives are served until they are cleaned up, their files are not", async () => {
  expect(await statuses(old)).toEqual([200, 404, 404]);
  expect((await shown(old)).artifacts_file).toBeUndefined();
  expect((await shown(old)).artifacts[0]?.file_type).toBe("archive");
  expect(gitlab.cleanup()).toBe(2);
  expect(await statuses(old)).toEqual([404, 404, 404]);
});

test("the newest successful pipeline of a ref keeps its artifacts until a newer one is blocked or succeeds", async () => {
  gitlab.cleanup();
  expect(await statuses(newest)).toEqual([200, 200, 200]);
  expect((await shown(newest)).artifacts_file).toBeUndefined();
  gitlab.addPipeline("g/app", { ref: "main", status: "manual" });
  expect(await statuses(newest)).toEqual([200, 404, 404]);
});

test("by ref, a single file is served even when expired", async () => {
  gitlab.addPipeline("g/app", { ref: "main", status: "manual" });
  const file = `${gitlab.url}/api/v4/projects/1/jobs/artifacts/main/raw/file?job=build`;
  expect((await ask(file, { token: "t" })).text).toBe("text");
});

test("keep clears the expiry, but not of what has expired", async () => {
  const keep = (job: number) =>
    ask(`${gitlab.url}/api/v4/projects/1/jobs/${job}/artifacts/keep`, { token: "t", method: "POST" });
  expect((await keep(newest)).status).toBe(404);
  const { id } = gitlab.retryJob(old, {
    artifacts: { files: { file: "" }, expireAt: "2999-01-01T00:00:00Z" },
  });
  const kept = await keep(id);
  expect(kept.status).toBe(200);
  expect(kept.json()).toMatchObject({ id, artifacts_expire_at: null });
});

test("deleting and erasing leave nothing to download", async () => {
  const url = `${gitlab.url}/api/v4/projects/1/jobs/${newest}`;
  expect((await ask(`${url}/artifacts`, { token: "t", method: "DELETE" })).status).toBe(204);
  expect(await statuses(newest)).toEqual([404, 404, 404]);
  expect((await ask(`${url}/erase`, { token: "t", method: "POST" })).json()).toHaveProperty("erased_at");
  expect((await shown(newest)).artifacts).toEqual([]);
});

test("what is told to expire does so at once, and loses its bytes with the next clean-up", async () => {
  const { id } = gitlab.retryJob(old, { artifacts: { files: { file: "" }, expireAt: null } });
  expect(await statuses(id)).toEqual([200, 200, 200]);
  gitlab.expire(id);
  expect(await statuses(id)).toEqual([200, 404, 404]);
  gitlab.cleanup();
  expect(await statuses(id)).toEqual([404, 404, 404]);
});

test("deleting all artifacts of a project spares the locked ones", async () => {
  const { id } = gitlab.retryJob(old, { artifacts: { files: { file: "" }, expireAt: null } });
  const url = `${gitlab.url}/api/v4/projects/1/artifacts`;
  const accepted = await ask(url, { token: "t", method: "DELETE" });
  expect([accepted.status, accepted.text]).toEqual([202, '{"message":"202 Accepted"}']);
  gitlab.cleanup();
  expect(await statuses(id)).toEqual([404, 404, 404]);
  expect(await statuses(newest)).toEqual([200, 200, 200]);
  expect(await shown(newest)).toMatchObject({ artifacts_expire_at: "2020-01-01T00:00:00.000Z" });
});
