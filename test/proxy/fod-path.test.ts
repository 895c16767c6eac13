import { expect, test } from "vitest";
import { fodPath, parseFodPath } from "../../src/proxy/fod-path.js";

const HEX = "51bc0fc1f19104fa6e89ce50be9aa1f57c3346c1ca51ab49f5f00e14ce8f8076";
const variant = {
  projectId: 17,
  job: 4711,
  hash: "sha256-UbwPwfGRBPpuic5Qvpqh9XwzRsHKUatJ9fAOFM6PgHY=",
  name: "acme+1.2=x.tar.gz",
};

test.each([
  ["https://gitlab.example.com", "gitlab.example.com", "gitlab.example.com"],
  ["http://127.0.0.1:8080/", "127.0.0.1%3A8080", "127.0.0.1:8080"],
  ["https://[::1]:8080/git/lab/", "%5B%3A%3A1%5D%3A8080%2Fgit%2Flab", "[::1]:8080/git/lab"],
])(
  "the path for %s names host, project, job, hash and store name, and is read back",
  (gitlab, segment, host) => {
    const path = fodPath({ gitlab, ...variant });
    expect(path).toBe(`/fod/${segment}/17/4711/${HEX}/acme%2B1.2%3Dx.tar.gz`);
    expect(parseFodPath(path)).toEqual({ host, ...variant });
  },
);

test.each([
  ["nothing", ""],
  ["another face of the proxy", `/sha256/${HEX}`],
  ["a missing segment", `/fod/gitlab.example.com/17/${HEX}/a`],
  ["a further segment", `/fod/gitlab.example.com/17/4711/${HEX}/a/b`],
  ["an id that is no number", `/fod/gitlab.example.com/x/4711/${HEX}/a`],
  ["an id with a leading zero", `/fod/gitlab.example.com/017/4711/${HEX}/a`],
  ["a hash in upper case", `/fod/gitlab.example.com/17/4711/${HEX.toUpperCase()}/a`],
  ["a hash that is too short", `/fod/gitlab.example.com/17/4711/${HEX.slice(2)}/a`],
  ["a broken percent-encoding", `/fod/gitlab.example.com/17/4711/${HEX}/%E0%A4`],
  ["another spelling of the same name", `/fod/gitlab.example.com/17/4711/${HEX}/%61`],
  ["a query", `/fod/gitlab.example.com/17/4711/${HEX}/a?b`],
])("%s is no path of an artifact", (_, path) => {
  expect(parseFodPath(path)).toBeUndefined();
});
