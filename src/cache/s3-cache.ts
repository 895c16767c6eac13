/** A cache in an S3 bucket. The SDK finds credentials: environment, profiles, SSO, web identity, instance roles. */
import { createReadStream } from "node:fs";
import {
  DeleteObjectCommand,
  GetObjectCommand,
  HeadObjectCommand,
  paginateListObjectsV2,
  PutObjectCommand,
  S3Client,
  S3ServiceException,
} from "@aws-sdk/client-s3";
import { Upload } from "@aws-sdk/lib-storage";
import { withTemporaryDirectory } from "../hash/temporary-directory.js";
import { excerpt } from "../redact.js";
import type { BinaryCache, CacheEntry, StagedFile } from "./cache.js";
import { CacheError, cacheUnreachable } from "./cache-error.js";
import type { S3Address } from "./s3-address.js";

/** The least that S3 allows, so that uploads side by side hold little in memory. */
const MIN_PART_BYTES = 5 * 1024 * 1024;
const MAX_PARTS = 10_000;
const PARTS_AT_ONCE = 2;

export function openS3Cache(address: S3Address, signal?: AbortSignal): BinaryCache {
  const { bucket, prefix, endpoint, region, profile, pathStyle } = address;
  const client = new S3Client({
    region,
    forcePathStyle: pathStyle,
    // Servers other than Amazon's refuse the trailing checksums that are the default for streams.
    requestChecksumCalculation: "WHEN_REQUIRED",
    responseChecksumValidation: "WHEN_REQUIRED",
    ...(endpoint === undefined ? {} : { endpoint }),
    ...(profile === undefined ? {} : { profile }),
  });
  const at = (key: string) => ({ Bucket: bucket, Key: prefix + key });
  const abort = signal === undefined ? {} : { abortSignal: signal };

  return {
    name: address.name,
    async readText(key) {
      const found = await unlessMissing(client.send(new GetObjectCommand(at(key)), abort));
      const text = await found?.Body?.transformToString("utf8");
      return text === undefined ? undefined : { text, modified: found?.LastModified?.getTime() };
    },
    find,
    async read(key) {
      const found = await unlessMissing(client.send(new GetObjectCommand(at(key)), abort));
      // In Node the SDK's bodies are streams of the platform (AWS SDK for JavaScript v3, "Streams in Node.js").
      return found?.Body as AsyncIterable<Uint8Array> | undefined;
    },
    contents: { list, removeOld, now: () => Date.now() + client.config.systemClockOffset },
    async writeText(key, { text, type }) {
      const command = new PutObjectCommand({ ...at(key), Body: text, ContentType: type });
      await explained(client.send(command, abort));
    },
    async takeFile(key, file) {
      await explained(upload(at(key), file));
    },
    withStaging: withTemporaryDirectory,
    async close() {
      client.destroy();
    },
  };

  async function* list(): AsyncGenerator<CacheEntry> {
    const pages = paginateListObjectsV2({ client }, { Bucket: bucket, Prefix: prefix }, abort);
    try {
      for await (const { Contents = [] } of pages) {
        for (const { Key = "", Size = 0, LastModified } of Contents) {
          yield { key: Key.slice(prefix.length), size: Size, modified: LastModified?.getTime() };
        }
      }
    } catch (error) {
      throw explain(error);
    }
  }

  async function find(key: string): Promise<CacheEntry | undefined> {
    const found = await unlessMissing(client.send(new HeadObjectCommand(at(key)), abort));
    if (found === undefined) return undefined;
    return { key, size: found.ContentLength ?? 0, modified: found.LastModified?.getTime() };
  }

  /** S3 cannot delete on condition of an object's age; between the question and the deletion lies one request. */
  async function removeOld(key: string, before: number): Promise<boolean> {
    const found = await find(key);
    if (found === undefined) return true;
    if (found.modified === undefined || found.modified >= before) return false;
    await explained(client.send(new DeleteObjectCommand(at(key)), abort));
    return true;
  }

  /** In parts when it is large; an object appears when its last part is there. */
  async function upload(target: { Bucket: string; Key: string }, file: StagedFile): Promise<void> {
    const uploading = new Upload({
      client,
      params: { ...target, Body: createReadStream(file.path), ContentType: file.type },
      partSize: Math.max(MIN_PART_BYTES, Math.ceil(file.size / MAX_PARTS)),
      queueSize: PARTS_AT_ONCE,
    });
    const stop = () => void uploading.abort();
    signal?.addEventListener("abort", stop, { once: true });
    try {
      await uploading.done();
    } finally {
      signal?.removeEventListener("abort", stop);
    }
  }

  async function unlessMissing<T>(sent: Promise<T>): Promise<T | undefined> {
    try {
      return await sent;
    } catch (error) {
      if (error instanceof S3ServiceException && /^(NoSuchKey|NotFound)$/.test(error.name)) return undefined;
      throw explain(error);
    }
  }

  async function explained<T>(sent: Promise<T>): Promise<T> {
    try {
      return await sent;
    } catch (error) {
      throw explain(error);
    }
  }

  function explain(error: unknown): unknown {
    signal?.throwIfAborted();
    if (error instanceof S3ServiceException) return refused(address.name, error);
    if (error instanceof Error && error.name === "CredentialsProviderError")
      return noCredentials(address.name, error);
    return cacheUnreachable(address.name, error) ?? error;
  }
}

function refused(name: string, error: S3ServiceException): CacheError {
  const status = error.$metadata.httpStatusCode ?? 0;
  const said = error.message === error.name ? "" : `: ${excerpt(error.message)}`;
  return new CacheError("CACHE_REFUSED", `the cache ${name} answered ${status} ${error.name}${said}`, {
    transient: status >= 500,
    hint: HINTS[error.name] ?? HINTS[`${status}`] ?? "run the command again; it sends what is missing",
    cause: error,
  });
}

const ACCESS =
  "the credentials need s3:GetObject and s3:PutObject on the bucket's objects (for gc s3:DeleteObject, too), and " +
  "s3:ListBucket on the bucket (without that, S3 answers 403 for what is not there)";

/** By S3's error code (Amazon S3 API reference, "Error responses"), else by status. */
const HINTS: Readonly<Record<string, string>> = {
  NoSuchBucket: "create the bucket first, or correct its name, endpoint and region in --to",
  InvalidAccessKeyId: "AWS_ACCESS_KEY_ID or the profile names a key that this server does not know",
  SignatureDoesNotMatch: "AWS_SECRET_ACCESS_KEY or the profile's secret is not the one of this key",
  RequestTimeTooSkewed: "set this machine's clock",
  PermanentRedirect: "the bucket is in another region: --to 's3://BUCKET?region=…'",
  AuthorizationHeaderMalformed: "the bucket is in another region: --to 's3://BUCKET?region=…'",
  "403": ACCESS,
};

function noCredentials(name: string, cause: Error): CacheError {
  return new CacheError(
    "CACHE_NO_CREDENTIALS",
    `there are no credentials for ${name}: ${excerpt(cause.message)}`,
    {
      hint: "set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or AWS_PROFILE, or --to 's3://BUCKET?profile=…'",
      cause,
    },
  );
}
