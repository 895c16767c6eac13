/** Answers of GitLab with texts that nothing can hold: what they are about fails, and nothing else. */
import { expect, test } from "vitest";
import { PROJECT, startCompany, TOKEN, type Company } from "./company.js";

/** GitLab's answer, from now on with another text in place of `"main"`. */
async function sayInPlaceOfMain({ gitlab }: Company, path: string, text: string): Promise<void> {
  const url = `${gitlab.url}/api/v4/projects/${path}`;
  const answer = await fetch(url, { headers: { "private-token": TOKEN } });
  const body = (await answer.text()).replaceAll('"main"', JSON.stringify(text));
  const headers = { "content-type": "application/json" };
  gitlab.fault({ kind: "answer", status: 200, headers, body, path: new RegExp(`/${path}(\\?|$)`) });
}

test.each(["\u{D800}", "a\0b"])("the ref of a job: %j", async (text) => {
  const company = await startCompany({ tools: ["acme", "brisk"] });
  company.build("acme", "acme 2");
  company.build("brisk", "brisk 2");
  const [job] = [...company.gitlab.state.jobs.values()].slice(-2);
  await sayInPlaceOfMain(company, `${job?.pipeline.project.id}/pipelines/${job?.pipeline.id}/jobs`, text);

  const { errors } = await company.run();

  expect(errors).toMatchObject([{ code: "GITLAB_UNEXPECTED_ANSWER" }]);
  expect(company.open().map(({ sourceBranch }) => sourceBranch)).toEqual(["artifacts/brisk"]);
});

test("the default branch", async () => {
  const company = await startCompany();
  await sayInPlaceOfMain(company, encodeURIComponent(PROJECT), "\u{D800}");

  await expect(company.run()).rejects.toMatchObject({ code: "GITLAB_BAD_PATH" });
});
