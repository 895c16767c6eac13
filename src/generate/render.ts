/** Fills templates. The only user of handlebars for Nix. */
import Handlebars from "handlebars";
import { GENERATED_FILE } from "./templates/generated-file.js";

/** The whole text of a generated file around its Nix expression `body`. */
export function renderFile(body: string): string {
  return render(GENERATED_FILE, { body });
}

/**
 * `template` with its values.
 *
 * @param values finished Nix, each from `printNix`
 * @throws Error when a value is missing
 */
export function render(template: string, values: Readonly<Record<string, string>>): string {
  return Handlebars.compile(template, { noEscape: true, strict: true })(values);
}
