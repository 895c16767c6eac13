/** One rule of the field `proxyPolicy`: who may have what of the proxy. `proxy-schema.ts` is how people write it. */
export interface ProxyRule {
  /** What the operator's log and metrics call it. */
  readonly name: string;
  readonly effect: "allow" | "deny";
  /** Names of artifacts, in which `*` stands for anything; undefined: all of them. */
  readonly artifacts?: readonly string[] | undefined;
  /** Full paths of the projects that the artifacts are from, in which `*` stands for anything; undefined: all of them. */
  readonly projects?: readonly string[] | undefined;
  /** Who asks is one of these; undefined: everybody. */
  readonly callers?: readonly ProxyCaller[] | undefined;
}

/** Kinds of callers, by what they prove about themselves. */
export type ProxyCaller =
  /** Who can connect to `--listen`. */
  | { readonly kind: "machine" }
  /** Who brings a GitLab token to `--passthrough`. */
  | { readonly kind: "token" }
  /** Who brings the ID token of a CI job to `--id-token-listen`. All that is said must fit. */
  | {
      readonly kind: "job";
      /** Full paths of the projects whose jobs they are, in which `*` stands for anything. */
      readonly projects?: readonly string[] | undefined;
      /** Names of branches and tags, in which `*` stands for anything. */
      readonly refs?: readonly string[] | undefined;
      /** The branch or tag must be protected. */
      readonly protectedRefs?: boolean | undefined;
      /** The token is meant for one of these. */
      readonly audiences?: readonly string[] | undefined;
    }
  /** Who shows a client certificate at `--certificate-listen`. All that is said must fit. */
  | {
      readonly kind: "certificate";
      /** Alternative names with their kind (`DNS:`, `URI:`, `email:`), in which `*` stands for anything. */
      readonly names?: readonly string[] | undefined;
      /** Common names of the subject, in which `*` stands for anything. */
      readonly commonNames?: readonly string[] | undefined;
    };
