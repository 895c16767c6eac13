/**
 * BESIDE the pipeline: the one GitLab client, used by resolve, hash, fetch, proxy and bump. This file is the contract;
 * `client.ts` implements it on undici.
 */
import type { ZodType } from "zod";
import type { Credential } from "../credentials/credentials.js";

export type Query = Readonly<Record<string, string | number | boolean | readonly string[] | undefined>>;

/** A body that is being received. Whoever gets one must read it to the end or call `destroy`. */
export interface Download {
  /** Declared length in bytes; undefined when the server did not say. A shorter or longer body is an error while reading. */
  readonly size: number | undefined;
  readonly body: AsyncIterable<Uint8Array>;
  /** Where the body lies in the whole, in bytes; undefined when it is the whole, also when a part was asked for. */
  readonly part?: { readonly start: number; readonly total: number } | undefined;
  /** Gives up; frees the connection. */
  destroy(): void;
}

export interface DownloadOptions {
  readonly signal?: AbortSignal;
  readonly range?: string;
  readonly credential?: Credential;
  readonly verified?: boolean;
}

export interface QuestionOptions {
  readonly signal?: AbortSignal | undefined;
  /** Sent in place of the client's own, to the origin of the instance alone. */
  readonly credential?: Credential | undefined;
}

export interface GitLab {
  /**
   * GET of `<instance>/api/v4/<path>`, parsed.
   *
   * @param instance base URL of the instance, without a trailing slash
   * @param path segments after `/api/v4`, each of which is percent-encoded here: `["projects", "a/b", "jobs", 7]`
   * @throws GitLabError (a UserError) when GitLab refuses or is out of reach
   */
  get<T>(
    instance: string,
    path: readonly (string | number)[],
    schema: ZodType<T>,
    query?: Query,
    options?: QuestionOptions,
  ): Promise<T>;

  /** All items of a paginated list, page by page as they are consumed. Never follows a link to another origin. */
  pages<T>(
    instance: string,
    path: readonly (string | number)[],
    item: ZodType<T>,
    query?: Query,
  ): AsyncIterable<T>;

  /**
   * The `data` of a GraphQL query at `<instance>/api/graphql`. Queries only: it may be sent again when it fails.
   *
   * @throws GitLabError when GitLab refuses, is out of reach, or answers with `errors`
   */
  query<T>(instance: string, query: string, variables: object, schema: ZodType<T>): Promise<T>;

  /**
   * GET of the bytes behind an API URL. Redirects to another origin are requested bare. Checks the beginning of the body as
   * far as it is known to be wrong (sign-in page, storage error), not the hash: that is `hash`'s work. A body that breaks off is taken
   * up again, as long as that is known to be of the same object; `CannotContinue` is thrown while reading when it is not.
   *
   * @param options.range of the bytes, as RFC 9110 §14.1.2 writes it: `bytes=0-99`, `bytes=-100`; a server may send all the same
   * @param options.credential sent in place of the client's own, to the origin of `url` alone
   * @param options.verified the reader compares the whole with a hash that it knows, so any body may be taken up
   */
  download(url: string, options?: DownloadOptions): Promise<Download>;

  /** Closes idle connections so that the process can end. */
  close(): Promise<void>;
}
