import { S3ServiceException } from "@aws-sdk/client-s3";
import { excerpt } from "../redact.js";
import { CacheError, cacheUnreachable, noAnswer } from "./cache-error.js";
import type { S3Address } from "./s3-address.js";

/** What every answer of an AWS service leaves in the SDK's error (AWS SDK for JavaScript v3, "Error handling"). */
type ServiceError = Error & { readonly $metadata: { readonly httpStatusCode?: number } };

/** What an error of the SDK means to the person who named the bucket; undefined for what is none. */
export function s3Error(
  { name, profile }: Pick<S3Address, "name" | "profile">,
  error: unknown,
): CacheError | undefined {
  if (error instanceof S3ServiceException) return refused(name, error);
  if (!(error instanceof Error)) return undefined;
  if (error.name === "CredentialsProviderError") return noCredentials(name, profile, error);
  if (isUnreadable(error)) return noTokenFile(name, error);
  const unreachable = cacheUnreachable(name, error);
  if (unreachable !== undefined) return unreachable;
  if (error.name === "TimeoutError") return noAnswer(name, "ETIMEDOUT", error); // of the SDK, without a code
  if (!isServiceError(error)) return undefined;
  return isUnknown(error) ? noS3(name, error) : roleRefused(name, error);
}

/** An answer that is no XML has no name of its own, and one that says yes is refused for what is in it. */
function isUnknown({ name, $metadata: { httpStatusCode = 0 } }: ServiceError): boolean {
  return name === "Error" || httpStatusCode < 400;
}

function isServiceError(error: Error): error is ServiceError {
  return "$metadata" in error;
}

function isUnreadable(error: NodeJS.ErrnoException): boolean {
  return error.syscall === "open" && (error.code === "ENOENT" || error.code === "EACCES");
}

function refused(name: string, error: ServiceError): CacheError {
  const status = error.$metadata.httpStatusCode ?? 0;
  return new CacheError("CACHE_REFUSED", `the cache ${name} answered ${saidBy(error)}`, {
    transient: status >= 500,
    hint: HINTS[error.name] ?? HINTS[`${status}`] ?? "run the command again; it sends what is missing",
    cause: error,
  });
}

function saidBy(error: ServiceError): string {
  // The SDK's own word where the server said none.
  const said =
    error.message === error.name || error.message === "UnknownError" ? "" : `: ${excerpt(error.message)}`;
  return `${error.$metadata.httpStatusCode ?? 0} ${error.name}${said}`;
}

const ACCESS =
  "the credentials need s3:GetObject and s3:PutObject on the bucket's objects (for gc s3:DeleteObject, too), and " +
  "s3:ListBucket on the bucket (without that, S3 answers 403 for what is not there)";

const NO_ROOM = "the cache has no room for this; see its limits, and `artifacts cache gc`";

/** By S3's error code (Amazon S3 API reference, "Error responses"; quotas: Ceph and MinIO), else by status. */
const HINTS: Readonly<Record<string, string>> = {
  NoSuchBucket: "create the bucket first, or correct its name, endpoint and region in --to",
  InvalidAccessKeyId: "AWS_ACCESS_KEY_ID or the profile names a key that this server does not know",
  SignatureDoesNotMatch: "AWS_SECRET_ACCESS_KEY or the profile's secret is not the one of this key",
  RequestTimeTooSkewed: "set this machine's clock",
  PermanentRedirect: "the bucket is in another region: --to 's3://BUCKET?region=…'",
  AuthorizationHeaderMalformed: "the bucket is in another region: --to 's3://BUCKET?region=…'",
  "403": ACCESS,
  QuotaExceeded: NO_ROOM,
  XMinioAdminBucketQuotaExceeded: NO_ROOM,
  "507": NO_ROOM,
};

function noCredentials(name: string, profile: string | undefined, cause: Error): CacheError {
  const where = profile === undefined ? "" : ` in the profile ${profile}`;
  return new CacheError(
    "CACHE_NO_CREDENTIALS",
    `there are no credentials for ${name}${where}: ${excerpt(cause.message)}`,
    {
      hint:
        profile === undefined
          ? "set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or AWS_PROFILE, or --to 's3://BUCKET?profile=…'"
          : "profiles stand in ~/.aws/credentials and ~/.aws/config of the user who runs this",
      cause,
    },
  );
}

function noTokenFile(name: string, cause: Error): CacheError {
  return new CacheError(
    "CACHE_NO_CREDENTIALS",
    `there are no credentials for ${name}: ${excerpt(cause.message)}`,
    {
      hint: "write the token there first, or correct AWS_WEB_IDENTITY_TOKEN_FILE (in a profile: web_identity_token_file)",
      cause,
    },
  );
}

/** Before S3 itself is asked, STS is, for the keys of a role (AWS STS API reference, `AssumeRoleWithWebIdentity`). */
function roleRefused(name: string, cause: ServiceError): CacheError {
  const message = `no credentials for ${name} were given for the role: AWS answered ${saidBy(cause)}`;
  return new CacheError("CACHE_ROLE_REFUSED", message, {
    hint: "AWS_ROLE_ARN must name a role whose trust policy has the issuer, `aud` and `sub` of a token that is still valid",
    cause,
  });
}

export function noS3(name: string, cause?: Error): CacheError {
  return new CacheError("CACHE_REFUSED", `the server of ${name} answered with something that is not S3's`, {
    hint: "correct the endpoint in --to (and AWS_ENDPOINT_URL_STS, if it is set): a proxy or web page answers there",
    cause,
  });
}
