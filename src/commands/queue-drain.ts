/** `artifacts queue drain`: uploads all that waits, in the foreground, until nothing is left. Safe beside a running uploader. */
import type { Run } from "./command.js";
import { upload, type UploaderOptions } from "./uploader.js";

export const run: Run<UploaderOptions> = (_names, options, context) => upload(options, context, "empty");
