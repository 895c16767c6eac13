import type { Form } from "../artifact.js";
import { narFrame } from "../store/nar.js";

/** Forms whose store path is one file, made of exactly the bytes that were downloaded. */
export type FileForm = Exclude<Form, "unpacked">;

/** How the bytes of an artifact become a fixed output: what is hashed, and whether the file in the store is executable. */
export const FORM_CONTENT = {
  file: { method: "flat", executable: false },
  executable: { method: "nar", executable: true },
} as const satisfies Record<FileForm, { method: "flat" | "nar"; executable: boolean }>;

/** What the `hash` of the lock is of: the bytes of the file, or the NAR of the store path. */
export function hashMethod(form: Form): "flat" | "nar" {
  return form === "file" ? "flat" : "nar";
}

/** Bytes that are hashed before and after the bytes of the file. */
export interface Frame {
  readonly prefix: Uint8Array;
  readonly suffix: Uint8Array;
}

/** None. */
export const BARE: Frame = { prefix: new Uint8Array(), suffix: new Uint8Array() };

/** The frame that gives the `hash` of the lock: none for a flat hash, else the NAR's. */
export function hashFrame(form: FileForm, size: number): Frame {
  const { method, executable } = FORM_CONTENT[form];
  return method === "flat" ? BARE : narFrame(size, executable);
}
