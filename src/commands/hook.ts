/** `artifacts hook`, asked for by a person: Nix itself never gets here, see `cli.ts`. */
import { HOOK_SCRIPT } from "../upload/hook.js";
import type { Run } from "./command.js";

export const run: Run<object> = async () => ({
  data: { script: HOOK_SCRIPT },
  text: `post-build-hook = ${HOOK_SCRIPT}`,
});
