/** What is secret is masked whatever stands around it; what is not stays readable. */
import * as fc from "fast-check";
import { expect, test } from "vitest";
import { excerpt, redact } from "../src/redact.js";

const PREFIXES = ["glpat-", "gloas-", "gldt-", "glrt-", "glcbt-64_", "glptt-", "glft-"];
const word = fc.stringMatching(/^[0-9A-Za-z_-]{20,64}$/);
/** Text of others, in which anything may stand but not what would make a longer word of the secret. */
const around = fc.string({ unit: "binary", maxLength: 80 }).map((text) => text.replace(/[\w.-]/g, " "));
const gitlabToken = fc.tuple(fc.constantFrom(...PREFIXES), word).map(([prefix, rest]) => prefix + rest);
const base64url = (size: number) => fc.stringMatching(new RegExp(`^[0-9A-Za-z_-]{${size},80}$`));
const jwt = fc
  .tuple(base64url(20), base64url(20), base64url(20))
  .map((parts) => `eyJ${parts[0]}.eyJ${parts[1]}.${parts[2]}`);

test("tokens of GitLab's formats never come through", () => {
  fc.assert(
    fc.property(fc.oneof(gitlabToken, jwt), around, around, (token, before, after) => {
      for (const mask of [redact, excerpt]) expect(mask(`${before} ${token} ${after}`)).not.toContain(token);
    }),
    { numRuns: 2000 },
  );
});

test("a secret that is known never comes through, plain or percent-encoded, whatever it consists of", () => {
  fc.assert(
    fc.property(
      fc.string({ minLength: 8, maxLength: 60, unit: "grapheme-ascii" }),
      around,
      around,
      (secret, before, after) => {
        fc.pre(!"[secret]".includes(secret));
        const spelt = `${before}${secret}|${encodeURIComponent(secret)}${after}`;
        const masked = redact(spelt, [secret]);
        expect(masked.replaceAll("[secret]", "")).not.toContain(secret);
        expect(masked.replaceAll("[secret]", "")).not.toContain(encodeURIComponent(secret));
      },
    ),
    { numRuns: 2000 },
  );
});

test("the signature of a storage URL never comes through", () => {
  const names = fc.constantFrom(
    "X-Amz-Signature",
    "X-Goog-Signature",
    "Signature",
    "sig",
    "private_token",
    "access_token",
  );
  fc.assert(
    fc.property(names, fc.stringMatching(/^[0-9a-f]{32,64}$/), word, (name, signature, other) => {
      const url = `https://storage.example/${other}?a=1&${name}=${signature}&b=2`;
      expect(redact(url)).toBe(`https://storage.example/${other}?a=1&${name}=[secret]&b=2`);
    }),
  );
});

test("masking twice is masking once, and an excerpt is one bounded line", () => {
  fc.assert(
    fc.property(fc.string({ maxLength: 600, unit: "binary" }), gitlabToken, (text, token) => {
      const once = redact(`${text}${token}`);
      expect(redact(once)).toBe(once);
      const line = excerpt(text);
      expect(line.length).toBeLessThanOrEqual(201);
      expect(line).not.toMatch(/[\p{Cc}\p{Zl}]/u);
    }),
    { numRuns: 1000 },
  );
});
