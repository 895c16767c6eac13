import type { Form } from "../artifact.js";
import { BARE, type Frame } from "../hash/form-content.js";
import type { LockedVariant } from "../lock/schema.js";
import { narFrame } from "../store/nar.js";
import { storedSize } from "./stored.js";

/** What a path gives of an artifact: the bytes that `builtin:fetchurl` wants, or the NAR of the store path. */
export type View = "bytes" | "nar";

/** The body of an answer: what the cache has, between two constant pieces. */
export interface Body extends Frame {
  /** Bytes of what the cache has. */
  readonly stored: number;
  /** Bytes of the whole body. */
  readonly size: number;
}

/** How the stored bytes of each form become each view. A form that stores something else than GitLab's file is a row here. */
const FRAMES: Record<Form, Record<View, (size: number) => Frame>> = {
  file: { bytes: () => BARE, nar: (size) => narFrame(size, false) },
  executable: { bytes: () => BARE, nar: (size) => narFrame(size, true) },
  // What is stored is the NAR, and `builtin:fetchurl` unpacks one, too.
  unpacked: { bytes: () => BARE, nar: () => BARE },
};

export function bodyOf(variant: LockedVariant, view: View): Body {
  const stored = storedSize(variant);
  const { prefix, suffix } = FRAMES[variant.form][view](stored);
  return { prefix, suffix, stored, size: prefix.length + stored + suffix.length };
}
