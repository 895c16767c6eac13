import { describe, expect, test } from "vitest";
import type { Tag } from "../../src/gitlab/schema.js";
import { unstableVersion, versionOfTag } from "../../src/resolve/version.js";

describe("the version of a tag", () => {
  test.each([
    ["v1.2.3", undefined, "1.2.3"],
    ["1.2.3", undefined, "1.2.3"],
    ["version-1", undefined, "version-1"],
    ["release-2.0", "release-", "2.0"],
    ["v1.0", "release-", "v1.0"],
    ["v1.0", "", "v1.0"],
    ["v", "v", "v"],
  ])("%s with the prefix %s is %s", (tag, prefix, version) => {
    expect(versionOfTag(tag, prefix)).toBe(version);
  });
});

describe("the version of a commit without a tag", () => {
  const commit = "2026-06-15T23:30:00.000-02:00";

  test("has the date of the commit in UTC", () => {
    expect(unstableVersion(commit, [])).toBe("0-unstable-2026-06-16");
  });

  test("begins with the highest tag by number, not by letter", () => {
    expect(unstableVersion(commit, tags("v1.9.0", "v1.10.0", "v1.2.0"))).toBe("1.10.0-unstable-2026-06-16");
  });

  test("does not know tags of younger commits", () => {
    const younger = tag("v9.0.0", "2026-06-16T01:30:01.000Z");
    expect(unstableVersion(commit, [younger, ...tags("v1.0.0")])).toBe("1.0.0-unstable-2026-06-16");
  });

  test("knows the tag of the commit itself", () => {
    expect(unstableVersion(commit, [tag("v2.0.0", "2026-06-16T01:30:00.000Z")])).toBe(
      "2.0.0-unstable-2026-06-16",
    );
  });

  test("prefers a release to its pre-release", () => {
    expect(unstableVersion(commit, tags("v1.0.0-rc2", "v1.0.0", "v1.0.0-rc1"))).toBe(
      "1.0.0-unstable-2026-06-16",
    );
  });

  test.each(["nightly", "release-7", "2026", "v", "deploy/v3.0.0"])("ignores the tag %s", (name) => {
    expect(unstableVersion(commit, tags(name))).toBe("0-unstable-2026-06-16");
  });
});

function tags(...names: readonly string[]): Tag[] {
  return names.map((name) => tag(name, "2026-01-01T00:00:00.000Z"));
}

function tag(name: string, committedAt: string): Tag {
  return { name, commit: { id: "a".repeat(40), committed_date: committedAt } };
}
