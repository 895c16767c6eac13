/** Bytes of a body: from `start` on, up to and without `end`. */
export interface ByteRange {
  readonly start: number;
  readonly end: number;
}

/**
 * What a `Range` header asks for of a body of `size` bytes (RFC 9110, section 14.1.2). One range is honoured: Nix resumes with
 * `bytes=N-`. Several, other units and nonsense are ignored, as section 14.2 allows.
 *
 * @returns undefined: the whole body; "beyond": there is no such byte
 */
export function parseRange(header: string | undefined, size: number): ByteRange | "beyond" | undefined {
  const [, first, last] = /^bytes=(\d{0,15})-(\d{0,15})$/.exec(header ?? "") ?? [];
  if (first === undefined || last === undefined || first + last === "") return undefined;
  if (first === "") return Number(last) === 0 || size === 0 ? "beyond" : suffixRange(Number(last), size);
  const start = Number(first);
  const end = last === "" ? size : Math.min(Number(last) + 1, size);
  if (last !== "" && Number(last) < start) return undefined;
  return start >= size ? "beyond" : { start, end };
}

function suffixRange(length: number, size: number): ByteRange {
  return { start: Math.max(0, size - length), end: size };
}
