/** The field `bump` of the configuration as people write it. `src/index.ts` has the same as types. */
import validRange from "semver/ranges/valid.js";
import { z } from "zod";
import { DAYS } from "./bump.js";
import { ArtifactPattern, BranchPattern, ProjectPattern } from "./pattern.js";

/** GitLab's limit, without what would split a list of labels. */
const Label = z
  .string()
  .regex(/^[^,\p{Cc}]{1,255}$/u, "expected a label: at most 255 characters, without commas");
const UserName = z.string().regex(/^[A-Za-z0-9_][A-Za-z0-9_.-]*$/, "expected a GitLab user name, without @");
const MilestoneTitle = z
  .string()
  .regex(/^[^\p{Cc}]{1,255}$/u, "expected the title of a milestone: at most 255 characters");
const Time = z.string().regex(/^([01]\d|2[0-3]):[0-5]\d$/, 'expected a time of day such as "22:00"');
const TimeZone = z.string().refine(isTimeZone, 'expected a time zone such as "Europe/Berlin"');
const VersionRange = z
  .string()
  .regex(/^[\w.*^~<>=| +-]{1,200}$/, 'expected a range of versions such as "2.x" or ">=3 <4"')
  .refine((range) => validRange(range) !== null, 'expected a range of versions such as "2.x"');
const GroupName = z
  .string()
  .regex(/^[A-Za-z0-9_-]{1,60}$/, "expected a name of at most 60 letters, digits, _ or -");

const Schedule = z
  .strictObject({
    timeZone: TimeZone.optional(),
    days: z.array(z.enum(DAYS)).min(1).optional(),
    from: Time.optional(),
    to: Time.optional(),
  })
  .refine((it) => (it.from === undefined) === (it.to === undefined), {
    path: ["to"],
    message: "expected both from and to, or neither",
  });

const Policy = z.strictObject({
  protectedRefs: z.boolean().optional(),
  projects: z.array(ProjectPattern).min(1).optional(),
  pipelineStatus: z.literal("success").optional(),
  maximumSizeChangePercent: z.number().min(0).optional(),
});

const COMMON = {
  labels: z.array(Label).optional(),
  assignees: z.array(UserName).optional(),
  reviewers: z.array(UserName).optional(),
  reviewersFromCodeOwners: z.boolean().optional(),
  milestone: MilestoneTitle.optional(),
  draft: z.boolean().optional(),
  squash: z.boolean().optional(),
  automerge: z.boolean().optional(),
  minimumAgeDays: z.int().min(0).max(365).optional(),
  schedule: Schedule.optional(),
  policy: Policy.optional(),
  beyondRange: z.boolean().optional(),
  priority: z.int().min(-1000).max(1000).optional(),
  ignoreVersions: z.array(VersionRange).optional(),
};

const Limit = z.int().min(1).nullable().describe("a whole number from 1, or null for no limit").optional();

export const WrittenBump = z.strictObject({
  ...COMMON,
  targetBranches: z.array(BranchPattern).min(1).max(50).optional(),
  maximumOpen: Limit,
  maximumPerHour: Limit,
  rebase: z.enum(["conflicted", "behind", "never"]).optional(),
  dashboard: z.boolean().optional(),
  stopLabel: Label.optional(),
  semanticCommits: z.union([z.boolean(), z.literal("auto")]).optional(),
  rules: z
    .array(
      z.strictObject({
        artifacts: z.array(ArtifactPattern).min(1),
        targets: z.array(BranchPattern).min(1).optional(),
        ...COMMON,
        ignore: z.boolean().optional(),
        group: GroupName.optional(),
      }),
    )
    .optional(),
});

function isTimeZone(name: string): boolean {
  try {
    return new Intl.DateTimeFormat("en", { timeZone: name }).resolvedOptions().timeZone !== "";
  } catch {
    return false;
  }
}
