/** A cache in an S3 bucket. The SDK finds credentials: environment, profiles, SSO, web identity, instance roles. */
import { createReadStream } from "node:fs";
import {
  DeleteObjectCommand,
  GetObjectCommand,
  HeadObjectCommand,
  paginateListObjectsV2,
  PutObjectCommand,
  S3Client,
  type S3ClientConfig,
  S3ServiceException,
} from "@aws-sdk/client-s3";
import { Upload } from "@aws-sdk/lib-storage";
import { withTemporaryDirectory } from "../hash/temporary-directory.js";
import type { BinaryCache, CacheEntry, StagedFile } from "./cache.js";
import { explainedBody, withRetries } from "./cache-error.js";
import { cacheText } from "./cache-text.js";
import type { S3Address } from "./s3-address.js";
import { noS3, s3Error } from "./s3-error.js";
import { listedObjects } from "./s3-listing.js";

/** The least that S3 allows, so that uploads side by side hold little in memory. */
const MIN_PART_BYTES = 5 * 1024 * 1024;
const MAX_PARTS = 10_000;
const PARTS_AT_ONCE = 2;
/** As undici, which speaks with caches behind HTTP, has them. The SDK by itself waits for ever. */
const CONNECT_MS = 10_000;
const SILENCE_MS = 5 * 60 * 1000;
const SILENT = { debug() {}, info() {}, warn() {}, error() {} };

export interface S3CacheOptions {
  readonly signal?: AbortSignal | undefined;
  /** How long the server may neither send nor take anything, in milliseconds; default five minutes. */
  readonly silenceMs?: number;
}

export function openS3Cache(
  address: S3Address,
  { signal, silenceMs = SILENCE_MS }: S3CacheOptions = {},
): BinaryCache {
  const { bucket, prefix, endpoint, region, profile, pathStyle } = address;
  const config: S3ClientConfig = {
    region,
    forcePathStyle: pathStyle,
    requestHandler: { connectionTimeout: CONNECT_MS, socketTimeout: silenceMs },
    // Servers other than Amazon's refuse the trailing checksums that are the default for streams.
    requestChecksumCalculation: "WHEN_REQUIRED",
    responseChecksumValidation: "WHEN_REQUIRED",
    ...(endpoint === undefined ? {} : { endpoint }),
    // Where there are keys in the environment, too, the SDK would explain at length that it takes the profile.
    ...(profile === undefined ? {} : { profile, logger: SILENT }),
  };
  const client = new S3Client(config);
  const remover = new S3Client({ ...config, maxAttempts: 1 });
  const at = (key: string) => ({ Bucket: bucket, Key: prefix + key });
  const abort = signal === undefined ? {} : { abortSignal: signal };

  return {
    name: address.name,
    async readText(key) {
      const found = await get(key);
      if (found === undefined) return undefined;
      return { text: await explained(cacheText(found.body)), modified: found.modified };
    },
    find,
    async read(key) {
      const found = await get(key);
      return found && explainedBody(found.body, explain);
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
      remover.destroy();
    },
  };

  async function get(key: string) {
    const found = await unlessMissing(client.send(new GetObjectCommand(at(key)), abort));
    if (found === undefined) return undefined;
    // In Node the SDK's bodies are streams of the platform (AWS SDK for JavaScript v3, "Streams in Node.js").
    const body = found.Body as AsyncIterable<Uint8Array>;
    return { body, modified: found.LastModified?.getTime() };
  }

  async function* list(): AsyncGenerator<CacheEntry> {
    const pages = paginateListObjectsV2({ client }, { Bucket: bucket, Prefix: prefix }, abort);
    try {
      for await (const page of pages) {
        const objects = listedObjects(page);
        if (objects === undefined) throw noS3(address.name);
        for (const { Key, Size, LastModified } of objects) {
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

  /**
   * S3 cannot delete on condition of an object's age; between the question and the deletion lies one request. So each attempt to delete
   * asks anew.
   */
  function removeOld(key: string, before: number): Promise<boolean> {
    const attempt = async () => {
      const found = await find(key);
      if (found === undefined) return true;
      if (found.modified === undefined || found.modified >= before) return false;
      await explained(remover.send(new DeleteObjectCommand(at(key)), abort));
      return true;
    };
    return withRetries(attempt, { signal });
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
    return s3Error(address, error) ?? error;
  }
}
