/**
 * The full path of the project that a web address of one of its pages belongs to: `g/app` of
 * `https://gitlab.example.com/g/app/-/pipelines/7`. Everything before `/-/` is the instance and the project (GitLab
 * documentation, "Reserved project and group names"). Undefined when the address is none of that kind.
 *
 * @param instance base URL of the instance, whose path prefix is no part of the project
 */
export function projectPathOf(webUrl: string | null | undefined, instance: string): string | undefined {
  if (typeof webUrl !== "string" || !URL.canParse(webUrl) || !URL.canParse(instance)) return undefined;
  const [page] = new URL(webUrl).pathname.split("/-/", 1);
  const prefix = `${new URL(instance).pathname.replace(/\/+$/, "")}/`;
  if (page === undefined || !webUrl.includes("/-/") || !page.startsWith(prefix)) return undefined;
  const path = page.slice(prefix.length);
  return /^[\w.-]+(\/[\w.-]+)+$/.test(path) ? path : undefined;
}
