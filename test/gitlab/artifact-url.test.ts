import { describe, expect, test } from "vitest";
import { artifactUrl } from "../../src/gitlab/artifact-url.js";
import { projectPathOf } from "../../src/gitlab/project-path.js";

const address = { instance: "https://gitlab.example.com/prefix", projectId: 42, job: 77 };
const archive = "https://gitlab.example.com/prefix/api/v4/projects/42/jobs/77/artifacts";

describe("the address of an artifact", () => {
  test.each([
    [undefined, archive],
    ["dist/app.tar.gz", `${archive}/dist/app.tar.gz`],
    ["a b/#1?/größe%.txt", `${archive}/a%20b/%231%3F/gr%C3%B6%C3%9Fe%25.txt`],
  ])("of %s is %s", (file, url) => {
    expect(artifactUrl(address, file)).toBe(url);
  });

  test.each(["../../../user", "a/./b", "a//b", ""])("never leaves the archive for %j", (file) => {
    expect(() => artifactUrl(address, file)).toThrow("cannot be part of a GitLab API path");
  });
});

describe("the project of a web address", () => {
  test.each([
    ["https://gitlab.example.com/g/sub/app/-/pipelines/7", "https://gitlab.example.com", "g/sub/app"],
    ["https://gitlab.example.com/git/g/app/-/pipelines/7", "https://gitlab.example.com/git", "g/app"],
    ["https://configured.example/g/app/-/jobs/7", "http://127.0.0.1:8080", "g/app"],
    ["https://gitlab.example.com/g/app/-/pipelines/7", "https://gitlab.example.com/git", undefined],
    ["https://gitlab.example.com/g/app/pipelines/7", "https://gitlab.example.com", undefined],
    ["https://gitlab.example.com/g/a%0Ab/-/pipelines/7", "https://gitlab.example.com", undefined],
    ["no address", "https://gitlab.example.com", undefined],
  ])("%s on %s is %s", (webUrl, instance, path) => {
    expect(projectPathOf(webUrl, instance)).toBe(path);
  });
});
