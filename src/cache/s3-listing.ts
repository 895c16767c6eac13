/** A page of what a bucket says that it holds (Amazon S3 API reference, "ListObjectsV2"), as far as it is of use here. */
import { z } from "zod";

const Page = z.object({
  Contents: z
    .array(z.object({ Key: z.string(), Size: z.int().nonnegative(), LastModified: z.date().optional() }))
    .default([]),
  IsTruncated: z.boolean(),
  NextContinuationToken: z.string().optional(),
});

/**
 * What a page lists; undefined when it is none. The SDK takes any XML for one, and one that does not say how it goes on for the last: what was
 * left out then would count as not there.
 */
export function listedObjects(page: unknown): z.infer<typeof Page>["Contents"] | undefined {
  const { data } = Page.safeParse(page);
  if (data === undefined || (data.IsTruncated && data.NextContinuationToken === undefined)) return undefined;
  return data.Contents;
}
