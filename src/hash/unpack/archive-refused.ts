/** An archive that is damaged or hostile. `unpack.ts` tells the user whose it is. */
export class ArchiveRefused extends Error {
  override readonly name = "ArchiveRefused";
  /** What the user can do, when there is something. */
  readonly hint: string | undefined;

  /** @param reason continues "it cannot be unpacked:" */
  constructor(reason: string, hint?: string) {
    super(reason);
    this.hint = hint;
  }
}
