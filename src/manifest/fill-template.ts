/**
 * Fills `{name}` in a job or file name with the variables of a system. `{{` and `}}` stand for the braces themselves.
 */
import { nearest } from "../evaluate/nearest.js";
import { UserError, type Location } from "../errors.js";

export interface Variables {
  readonly values: ReadonlyMap<string, string>;
  /** Where the text was written. */
  readonly at: Location;
  /** Whose variables these are, for messages. */
  readonly system: string;
}

/** @throws UserError UNKNOWN_VARIABLE, UNBALANCED_BRACE */
export function fillTemplate(template: string, variables: Variables): string {
  return template.replaceAll(/\{\{|\}\}|\{([^{}]*)\}|[{}]/g, (found: string, name: string | undefined) => {
    if (found === "{{" || found === "}}") return found.slice(1);
    if (name === undefined) throw unbalanced(template, found, variables);
    return variables.values.get(name) ?? unknown(name, variables);
  });
}

function unbalanced(template: string, brace: string, { at }: Variables): UserError {
  return new UserError("UNBALANCED_BRACE", `${JSON.stringify(template)} has a single ${brace}`, {
    hint: `write {name} for a variable, and ${brace}${brace} for the character itself`,
    at,
  });
}

function unknown(name: string, { values, at, system }: Variables): never {
  const names = [...values.keys()];
  const near = nearest(name, names);
  const known = names.length === 0 ? "there are none" : `there are ${names.join(", ")}`;
  throw new UserError("UNKNOWN_VARIABLE", `there is no variable {${name}} for ${system}; ${known}`, {
    hint:
      near === undefined
        ? `add it to systems, or write {{${name}}} for the text itself`
        : `did you mean {${near}}?`,
    at,
  });
}
