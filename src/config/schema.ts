/** The configuration as people write it in `artifacts.config.ts`. `src/index.ts` has the same as types. */
import { z } from "zod";
import { ArtifactName, FetchMode, RelativePath } from "../artifact.js";
import { serviceUrl } from "../manifest/service-url.js";
import { GitLabUrl } from "../manifest/schema.js";
import { WrittenBump } from "./bump-schema.js";
import { WrittenProxyPolicy } from "./proxy-schema.js";

export const WrittenConfig = z.strictObject({
  gitlab: GitLabUrl.optional(),
  manifests: RelativePath.optional(),
  lock: RelativePath.optional(),
  output: RelativePath.optional(),
  namespace: ArtifactName.nullable().describe("an attribute name, or null for the top level").optional(),
  fetch: FetchMode.optional(),
  proxy: serviceUrl('the address of the proxy, such as "http://127.0.0.1:7467"').optional(),
  proxyPolicy: WrittenProxyPolicy.optional(),
  expiryWarningDays: z
    .int()
    .min(0)
    .max(365)
    .nullable()
    .describe("a number of days from 0 to 365, or null")
    .optional(),
  maxUnpackedBytes: z.int().positive().describe("a number of bytes").optional(),
  runnerStatements: z.boolean().optional(),
  bump: WrittenBump.optional(),
});
export type WrittenConfig = z.output<typeof WrittenConfig>;
