import { expect, test } from "vitest";
import { excerpt, redact } from "../src/redact.js";

const JWT = "eyJhbGciOiJSUzI1NiJ9.eyJjYW5hcnkiOjF9.c2lnbmF0dXJl-canary";

test.each(
  [
    "glpat-",
    "gloas-",
    "gldt-",
    "glrt-",
    "glrtr-",
    "glcbt-",
    "glptt-",
    "glft-",
    "glimt-",
    "glagent-",
    "glwt-",
    "glsoat-",
    "glffct-",
  ].map((prefix) => [`${prefix}canary_canary-canary.01.0canary00`]),
)("the token %s is masked wherever it stands", (token) => {
  expect(redact(`before ${token}, after`)).toBe("before [secret], after");
});

test.each([
  [`a job token ${JWT} here`, "a job token [secret] here"],
  [
    "https://s3.example/k?X-Amz-Credential=AKcanary%2F1&X-Amz-Expires=600&X-Amz-Signature=canary",
    "https://s3.example/k?X-Amz-Credential=[secret]&X-Amz-Expires=600&X-Amz-Signature=[secret]",
  ],
  ["https://gcs/k?X-Goog-Signature=canary&x=1", "https://gcs/k?X-Goog-Signature=[secret]&x=1"],
  ["https://cdn/k?Expires=1&Signature=canary", "https://cdn/k?Expires=1&Signature=[secret]"],
  ["https://az/k?sv=1&sig=canary", "https://az/k?sv=1&sig=[secret]"],
  ["https://user:canary@gitlab.example.com/x", "https://[secret]@gitlab.example.com/x"],
  [
    "https://gl/api?private_token=canary&job_token=canary",
    "https://gl/api?private_token=[secret]&job_token=[secret]",
  ],
  ["access_token=canary", "access_token=[secret]"],
  ["PRIVATE-TOKEN: canary canary", "PRIVATE-TOKEN: [secret]"],
  ['{"job-token":"canary","x":1}', '{"job-token":"[secret]","x":1}'],
  ["Authorization: Basic canarycanary\nHost: x", "Authorization: [secret]\nHost: x"],
  ["it said Bearer canarycanarycanary", "it said Bearer [secret]"],
])("%s is masked", (text, masked) => {
  expect(redact(text)).toBe(masked);
});

test("what is known to be secret is masked in any format, percent-encoded too", () => {
  expect(redact("a s/ecret and s%2Fecret", ["s/ecret", ""])).toBe("a [secret] and [secret]");
});

test("ordinary words stay", () => {
  const text =
    "The token from GITLAB_TOKEN was sent to https://gitlab.example.com:8443/g/app@main (sha256-AAAA=).";
  expect(redact(text)).toBe(text);
});

test("an excerpt is one bounded line without control characters", () => {
  expect(excerpt("a\u001b[31m\r\nb\u202ec")).toBe("a [31m b c");
  expect(excerpt("x".repeat(500))).toHaveLength(201);
});
