import { expect, test } from "vitest";
import { originOfHost } from "../../src/credentials/origin.js";

test.each([
  ["GITLAB_HOST", "export GITLAB_HOST=gitlab.example.com"],
  ["the argument", "for example https://gitlab.example.com"],
])("%s that names no host is told how it may look", (setting, hint) => {
  expect(() => originOfHost("ftp://gitlab.example.com", setting)).toThrow(expect.objectContaining({ hint }));
});
