import { describe, expect, it } from "vitest";
import { openCache } from "../../src/cache/open-cache.js";
import { parseS3Address } from "../../src/cache/s3-address.js";

const options = { cwd: "/repo/here", env: {} };

describe("the address of a cache", () => {
  it.each([
    ["/srv/cache", "file:///srv/cache"],
    ["./cache", "file:///repo/here/cache"],
    ["file:///srv/my%20cache", "file:///srv/my cache"],
    ["https://cache.example.com/team/", "https://cache.example.com/team"],
    ["s3://team-cache/a/b/?region=eu-central-1", "s3://team-cache/a/b"],
  ])("%s opens %s", async (address, name) => {
    const cache = await openCache(address, options);
    expect(cache.name).toBe(name);
    await cache.close();
  });

  it.each([
    ["cache", "of no known kind"],
    ["ftp://example.com", "of no known kind"],
    ["https://bob:canary@example.com", "must not hold user or password"],
    ["s3://AKCANARY:canary@team-cache", "must not hold user or password"],
    ["s3://x", '"x" is no bucket name'],
    ["s3://team-cache?regoin=x", 'no parameter "regoin"; did you mean "region"?'],
    ["s3://team-cache?endpoint=http://a:canary@b/", "endpoint=b/ in an S3 address"],
  ])("%s is refused as wrong usage", async (address, message) => {
    const error: unknown = await openCache(address, options).catch((error: unknown) => error);
    expect(error).toMatchObject({ code: "BAD_CACHE", exitCode: 2 });
    expect(error).toHaveProperty("message", expect.stringContaining(message));
    expect(String(error)).not.toMatch(/canary/i);
  });

  it("means Amazon with the bucket as a host, and other servers with the bucket in the path", () => {
    const parse = (text: string, env = {}) => parseS3Address(new URL(text), env);
    expect(parse("s3://team-cache")).toMatchObject({ pathStyle: false, region: "us-east-1", prefix: "" });
    expect(parse("s3://team-cache", { AWS_REGION: "eu-west-1" })).toMatchObject({ region: "eu-west-1" });
    expect(parse("s3://team-cache/a?endpoint=minio:9000")).toMatchObject({
      pathStyle: true,
      endpoint: "https://minio:9000",
      prefix: "a/",
    });
  });
});
