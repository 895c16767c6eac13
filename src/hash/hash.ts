import { UserError } from "../errors.js";
import type { Download, GitLab } from "../gitlab/gitlab.js";
import type { Resolved } from "../resolve/resolved.js";
import { parseSri } from "../store/sri.js";
import { fixedOutputPath } from "../store/store-path.js";
import { checkSize, refuseUndeclaredSize } from "./declared-size.js";
import { digestBody } from "./digest-body.js";
import { digestTree, type UnpackOptions } from "./digest-tree.js";
import { hashMethod } from "./form-content.js";
import type { Digests, Hashed } from "./hashed.js";
import { type Spooled, withSpooled } from "./spool.js";
import { checkZip } from "./zip-magic.js";

/** The signal gives up: the download is closed and temporary files are removed. */
export interface HashOptions extends UnpackOptions {
  readonly gitlab: GitLab;
  readonly onProgress?: ((progress: HashProgress) => void) | undefined;
}

export interface HashProgress {
  /** Bytes received so far. */
  readonly received: number;
  /** Bytes that are expected, when GitLab has said so. */
  readonly size: number | undefined;
}

/** What became of one variant. */
export type HashOutcome =
  | { readonly variant: Resolved; readonly hashed: Hashed }
  | { readonly variant: Resolved; readonly error: UserError };

/**
 * Downloads bytes once and computes every digest that any of `variants` needs. Memory does not grow with their size.
 *
 * @param variants of the same URL, at least one; under whatever names and in whatever forms
 * @returns one for each of them; an error concerns its form alone
 * @throws UserError when GitLab does not give the bytes or gives something that cannot be them
 */
export async function hash(variants: readonly Resolved[], options: HashOptions): Promise<HashOutcome[]> {
  const [first] = variants;
  if (first === undefined) return [];
  const { signal } = options;
  const download = await options.gitlab.download(first.url, signal === undefined ? {} : { signal });
  try {
    const body = checked(download, first, options);
    const forms = variants.filter(({ form }, at) => variants.findIndex((one) => one.form === form) === at);
    const outcomes =
      forms.length === 1
        ? [succeeded(first, await digestStream(first, { ...download, body }, options))]
        : await withSpooled(body, (spooled) => digestForms(forms, spooled, options));
    return variants.map((variant) => forVariant(variant, outcomes));
  } finally {
    download.destroy();
  }
}

function checked(
  download: Download,
  resolved: Resolved,
  { onProgress }: HashOptions,
): AsyncIterable<Uint8Array> {
  refuseUndeclaredSize(download.size, resolved);
  const counted = onProgress === undefined ? download.body : count(download, onProgress);
  return resolved.file === undefined ? checkSize(checkZip(counted, resolved), resolved) : counted;
}

async function* count(
  download: Download,
  onProgress: (progress: HashProgress) => void,
): AsyncIterable<Uint8Array> {
  let received = 0;
  for await (const chunk of download.body) {
    received += chunk.length;
    onProgress({ received, size: download.size });
    yield chunk;
  }
}

function digestStream(
  resolved: Resolved,
  { body, size }: Download,
  options: UnpackOptions,
): Promise<Digests> {
  const { storeName: name, form } = resolved;
  if (form !== "unpacked" && size !== undefined) return digestBody(body, { name, form, size });
  return withSpooled(body, (spooled) => digestSpooled(resolved, spooled, options));
}

/** One after the other: each reads all of the file. */
async function digestForms(
  forms: readonly Resolved[],
  spooled: Spooled,
  options: UnpackOptions,
): Promise<HashOutcome[]> {
  const outcomes: HashOutcome[] = [];
  for (const variant of forms) {
    try {
      outcomes.push(succeeded(variant, await digestSpooled(variant, spooled, options)));
    } catch (error) {
      if (!(error instanceof UserError)) throw error;
      outcomes.push({ variant, error });
    }
  }
  return outcomes;
}

function digestSpooled(resolved: Resolved, spooled: Spooled, options: UnpackOptions): Promise<Digests> {
  const { storeName: name, form } = resolved;
  if (form === "unpacked") return digestTree(resolved, spooled, options);
  return digestBody(spooled.read(), { name, form, size: spooled.size });
}

/** Exactly the digests: a download has more fields, and so may they. */
function succeeded(variant: Resolved, digests: Digests): HashOutcome {
  return { variant, hashed: { ...variant, ...digests } };
}

/** The outcome of the variant's form, under the variant's own name. */
function forVariant(variant: Resolved, outcomes: readonly HashOutcome[]): HashOutcome {
  const outcome = outcomes.find((one) => one.variant.form === variant.form);
  if (outcome === undefined) throw new Error(`the form ${variant.form} was not hashed`);
  if ("error" in outcome) return { variant, error: outcome.error };
  const { size, hash, narHash, narSize } = outcome.hashed;
  const method = hashMethod(variant.form);
  const storePath = fixedOutputPath({ name: variant.storeName, method, sha256: parseSri(hash) });
  return { variant, hashed: { ...variant, size, hash, narHash, narSize, storePath } };
}
