/** A file to write: what `generate` returns and `readNixLibrary` reads. */
export interface GeneratedFile {
  /** Relative to the output folder, with `/`. */
  readonly path: string;
  readonly text: string;
}
