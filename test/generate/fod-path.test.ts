import { describe, expect, it } from "vitest";
import { fodPath, parseFodPath } from "../../src/generate/fod-path.js";
import { formatSri } from "../../src/store/sri.js";
import { sampleBytes } from "../store/samples.js";

const hash = formatSri(Buffer.alloc(32, 0xab));
const hex = "ab".repeat(32);
const coordinates = { projectId: 7, job: 12, hash, name: "tool.bin" };

describe("fodPath", () => {
  it("names instance, project, job, hash and store name", () => {
    expect(fodPath({ gitlab: "https://gitlab.example.com", ...coordinates })).toBe(
      `/fod/gitlab.example.com/7/12/${hex}/tool.bin`,
    );
  });

  it("keeps port and path prefix of the instance in one segment", () => {
    expect(fodPath({ gitlab: "https://example.com:8443/gitlab/", ...coordinates })).toBe(
      `/fod/example.com%3A8443%2Fgitlab/7/12/${hex}/tool.bin`,
    );
  });

  it("takes nothing but these facts from what it is given", () => {
    const more = { gitlab: "http://h", ...coordinates, version: "1", host: "evil" };
    expect(fodPath(more)).toBe(`/fod/h/7/12/${hex}/tool.bin`);
  });
});

describe("parseFodPath", () => {
  it("reads back what fodPath prints", () => {
    const hosts = ["gitlab.example.com", "h:8080", "h/a/b", "[::1]:80", "xn--bcher-kva.example"];
    const names = ["a", "tool_1.0+b?=-.zip", "x".repeat(200)];
    for (const [index, host] of hosts.entries()) {
      for (const name of names) {
        const fact = {
          projectId: index + 1,
          job: 10 ** index,
          hash: formatSri(sampleBytes(32, index)),
          name,
        };
        expect(parseFodPath(fodPath({ gitlab: `https://${host}`, ...fact }))).toEqual({
          host: new URL(`https://${host}`).host + (host.includes("/") ? "/a/b" : ""),
          ...fact,
        });
      }
    }
  });

  it.each([
    "",
    "/",
    "/fod",
    `/fod/h/7/12/${hex}`,
    `/fod/h/7/12/${hex}/tool.bin/`,
    `/fod/h/7/12/${hex}/tool.bin?x=1`,
    `/fod/h/7/12/${hex}/tool.bin#x`,
    `/fod/h/07/12/${hex}/tool.bin`,
    `/fod/h/0/12/${hex}/tool.bin`,
    `/fod/h/-7/12/${hex}/tool.bin`,
    `/fod/h/7/12/${hex.toUpperCase()}/tool.bin`,
    `/fod/h/7/12/${hex.slice(2)}/tool.bin`,
    `/fod/h/7/12/${hex}/%74ool.bin`,
    `/fod/h/7/12/${hex}/tool%2fbin`,
    `/fod/h/7/12/${hex}/%E0%A4%A`,
    `//fod/h/7/12/${hex}/tool.bin`,
    `http://h/fod/h/7/12/${hex}/tool.bin`,
    `/fod/../fod/h/7/12/${hex}/tool.bin`,
  ])("refuses %j", (path) => {
    expect(parseFodPath(path)).toBeUndefined();
  });
});
