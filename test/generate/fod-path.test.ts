import { describe, expect, it } from "vitest";
import { fodPath } from "../../src/generate/fod-path.js";
import { formatSri } from "../../src/store/sri.js";

const hash = formatSri(Buffer.alloc(32, 0xab));
const hex = "ab".repeat(32);
const coordinates = { projectId: 7, job: 12, hash, name: "tool.bin" };

describe("fodPath", () => {
  it("names instance, project, job, hash and store name", () => {
    expect(fodPath("https://gitlab.example.com", coordinates)).toBe(
      `/fod/gitlab.example.com/7/12/${hex}/tool.bin`,
    );
  });

  it("keeps port and path prefix of the instance in one segment", () => {
    expect(fodPath("https://example.com:8443/gitlab/", coordinates)).toBe(
      `/fod/example.com%3A8443%2Fgitlab/7/12/${hex}/tool.bin`,
    );
  });

  it("keeps a store name in one segment", () => {
    expect(fodPath("http://h", { ...coordinates, name: "tool_1.0+b?=-.zip" })).toBe(
      `/fod/h/7/12/${hex}/tool_1.0%2Bb%3F%3D-.zip`,
    );
  });
});
