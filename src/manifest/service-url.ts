/** Addresses of services in manifests and in the configuration. */
import { z } from "zod";

/**
 * Schema of an http or https URL that is only an address. Its output is origin and path without a trailing slash
 * (GitLab may live below a path: https://docs.gitlab.com/install/relative_url/).
 *
 * @param description what it is the address of, for messages
 */
export function serviceUrl(description: string) {
  return z
    .string()
    .transform((text, context) => {
      const url = URL.canParse(text) ? new URL(text) : undefined;
      const secret = url !== undefined && `${url.username}${url.password}${url.search}${url.hash}` !== "";
      if (url !== undefined && /^https?:$/.test(url.protocol) && !secret) {
        return url.origin + url.pathname.replace(/\/+$/, "");
      }
      context.addIssue({
        code: "custom",
        message: `expected ${description}, without user name, password, query or fragment`,
        params: { secret },
      });
      return z.NEVER;
    })
    .describe(description);
}
