/** The field `proxyPolicy` of the configuration as people write it. `src/index.ts` has the same as types. */
import { z } from "zod";
import { ArtifactPattern, ProjectPattern } from "./pattern.js";

const RuleName = z
  .string()
  .regex(/^[^\p{Cc}\p{Cs}]{1,100}$/u, "expected a name of one line, at most 100 characters");

const OneLine = z.string().regex(/^[^\p{Cc}\p{Cs}]{1,255}$/u, "expected a text of one line");

const CertificateName = z
  .string()
  .regex(
    /^(?:DNS|URI|email):[^\p{Cc}\p{Cs}]{1,255}$/u,
    'expected a kind and a name, in which * stands for anything: "DNS:*.ci.example.com", "URI:spiffe://example.com/*" or "email:*@example.com"',
  );

const Caller = z.discriminatedUnion("kind", [
  z.strictObject({ kind: z.literal("machine") }),
  z.strictObject({ kind: z.literal("token") }),
  z.strictObject({
    kind: z.literal("job"),
    projects: z.array(ProjectPattern).min(1).optional(),
    refs: z.array(OneLine).min(1).optional(),
    protectedRefs: z.boolean().optional(),
    audiences: z.array(OneLine).min(1).optional(),
  }),
  z.strictObject({
    kind: z.literal("certificate"),
    names: z.array(CertificateName).min(1).optional(),
    commonNames: z.array(OneLine).min(1).optional(),
  }),
]);

const Rule = z.strictObject({
  name: RuleName,
  effect: z.enum(["allow", "deny"]),
  artifacts: z.array(ArtifactPattern).min(1).optional(),
  projects: z.array(ProjectPattern).min(1).optional(),
  callers: z.array(Caller).min(1).optional(),
});

export const WrittenProxyPolicy = z
  .array(Rule)
  .min(1, "expected at least one rule: what no rule allows is denied")
  .refine((rules) => new Set(rules.map(({ name }) => name)).size === rules.length, {
    message: "expected a name of its own for each rule",
  })
  .describe("a list of rules, of which the first that fits decides");
