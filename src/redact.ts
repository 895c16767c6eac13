/**
 * BESIDE the pipeline: the last line of defence for texts that leave the process and hold words of others (a server's answer,
 * the output of a program). It masks what is known to be a secret and what looks like one.
 *
 * Token prefixes: GitLab documentation, "Token overview", section "Token prefixes". Signatures in URLs: AWS "Authenticating
 * Requests: Using Query Parameters", Google Cloud Storage "Signed URLs", Azure Storage "Service SAS".
 */

const MASK = "[secret]";

/**
 * `text` with every secret replaced by `[secret]`.
 *
 * @param secrets values known to be secret, such as the header value that was sent. They are masked as they are and
 *   percent-encoded. An OAuth access token looks like any sha256, so it is found only when it is named here.
 */
export function redact(text: string, secrets: readonly string[] = []): string {
  const masked = maskKnown(text, secrets);
  return FORMATS.reduce((rest, { pattern, mask }) => rest.replace(pattern, mask), masked);
}

/** Characters of a foreign text that a message may hold. */
const MAX_EXCERPT = 200;

/** Words of others, fit for a message: redacted, on one line, bounded, without control and bidirectional characters. */
export function excerpt(text: string, secrets: readonly string[] = []): string {
  const line = redact(text, secrets)
    .replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\s]+/gu, " ")
    .trim();
  // The cut may leave half a character.
  return line.length > MAX_EXCERPT ? `${withoutHalves(line.slice(0, MAX_EXCERPT))}…` : withoutHalves(line);
}

function withoutHalves(text: string): string {
  return text.replace(/\p{Cs}/gu, "");
}

function maskKnown(text: string, secrets: readonly string[]): string {
  const spellings = secrets
    .flatMap((secret) => (secret === "" ? [] : [secret, encodeURIComponent(secret)]))
    .sort((a, b) => b.length - a.length);
  return spellings.reduce((rest, spelling) => rest.replaceAll(spelling, MASK), text);
}

/** Names of query values, form fields and cookies that are secrets wherever they stand. */
const SECRET_FIELDS = [
  "X-Amz-Signature",
  "X-Amz-Credential",
  "X-Amz-Security-Token",
  "X-Goog-Signature",
  "X-Goog-Credential",
  "Signature",
  "sig",
  "private_token",
  "job_token",
  "access_token",
  "refresh_token",
  "feed_token",
  "rss_token",
  "token",
  "_gitlab_session",
].join("|");

interface Format {
  readonly pattern: RegExp;
  readonly mask: string;
}

const FORMATS: readonly Format[] = [
  // A header goes first: its value ends with the line or the quote, whatever it looks like.
  {
    pattern: /\b(authorization|private-token|job-token|deploy-token)(["']?\s*[:=]\s*["']?)[^"'\r\n]+/gi,
    mask: `$1$2${MASK}`,
  },
  { pattern: /\b(bearer|basic)\s+[\w+/=.~-]{16,}/gi, mask: `$1 ${MASK}` },
  { pattern: /\b([a-z][a-z0-9+.-]*:\/\/)[^\s/?#"'<>]+@/gi, mask: `$1${MASK}@` },
  { pattern: new RegExp(String.raw`(?<![\w-])(${SECRET_FIELDS})=[^&\s"'<>;,]+`, "gi"), mask: `$1=${MASK}` },
  {
    pattern: /\bgl(?:pat|oas|dt|rtr|rt|cbt|ptt|ft|imt|agent|wt|soat|ffct)-[\w-]+(?:\.[\w-]+)*/g,
    mask: MASK,
  },
  { pattern: /\beyJ[\w-]+\.eyJ[\w-]+\.[\w-]*/g, mask: MASK },
];
