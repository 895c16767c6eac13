/**
 * What Ruby's `File.fnmatch` means by a pattern, with `FNM_PATHNAME` and `FNM_DOTMATCH` as GitLab sets them: no wildcard stands for a
 * `/`, and only a whole `**` before a `/` goes through folders. A path is followed in all ways at once: an expression would try
 * them one after the other, and a pattern of many wildcards has more than anybody can wait for. Pure.
 */

/** `folders`: any number of them. `text`: any that is no `/`. Else whether it is this character. */
type Part = "folders" | "text" | ((character: string) => boolean);

export function partsOf(pattern: string): readonly Part[] {
  const tokens = pattern.match(/(?<=\/)(?:\*\*\/)+|\*+|\?|\[[!^]?[^\]]+\]|\\.|[^]/gu) ?? [];
  return tokens.map(partOf);
}

function partOf(token: string): Part {
  if (token.startsWith("**/")) return "folders";
  if (token.startsWith("*")) return "text";
  if (token === "?") return (character) => character !== "/";
  if (token.startsWith("[") && token.length > 1) return oneOf(token);
  const literal = token.length > 1 && token.startsWith("\\") ? token.slice(1) : token;
  return (character) => character === literal;
}

/** What is in brackets; nothing when a range in them is upside down. */
function oneOf(token: string): (character: string) => boolean {
  const isNegated = /^\[[!^]/.test(token);
  const body = token.slice(isNegated ? 2 : 1, -1).replace(/[\\[\]^]/g, String.raw`\$&`);
  try {
    const expression = new RegExp(isNegated ? `^[^/${body}]$` : `^[${body}]$`, "u");
    return (character) => expression.test(character);
  } catch {
    return () => false;
  }
}

/** Whether the parts are all of a path. */
export function isMeant(parts: readonly Part[], path: string): boolean {
  const characters = [...path];
  let reached: ReadonlySet<number> = new Set([0]);
  for (const part of parts) {
    reached = after(part, reached, characters);
    if (reached.size === 0) return false;
  }
  return reached.has(characters.length);
}

/** Where one can be after a part, of all the places where it may begin. */
function after(part: Part, begins: ReadonlySet<number>, characters: readonly string[]): Set<number> {
  const reached = new Set<number>();
  let isUnderWay = false;
  for (let at = 0; at <= characters.length; at++) {
    const character = characters[at];
    isUnderWay ||= begins.has(at);
    if (typeof part === "function") {
      if (begins.has(at) && character !== undefined && part(character)) reached.add(at + 1);
    } else if (part === "folders") {
      if (begins.has(at) || (isUnderWay && characters[at - 1] === "/")) reached.add(at);
    } else if (isUnderWay) {
      reached.add(at);
      isUnderWay = character !== "/";
    }
  }
  return reached;
}
