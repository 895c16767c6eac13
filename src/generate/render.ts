/** Fills templates. The only user of handlebars for Nix. */
import Handlebars from "handlebars";
import { GENERATED_FILE } from "./templates/generated-file.js";
import { OVERLAY } from "./templates/overlay.js";
import { SOURCES } from "./templates/sources.js";

/** The whole text of a generated file around its Nix expression `body`. */
export const renderFile = template<{ body: string }>(GENERATED_FILE);
export const renderOverlay = template<{ namespace: string }>(OVERLAY);
export const renderSources = template<Record<string, never>>(SOURCES);

/** A function that fills `text` with finished Nix, each value from `printNix`. It throws when a value is missing. */
function template<Values>(text: string): (values: Values) => string {
  return Handlebars.compile<Values>(text, { noEscape: true, strict: true });
}
