/** Patterns of names in the configuration, in which `*` stands for anything. */
import { z } from "zod";

export const ArtifactPattern = z
  .string()
  .regex(/^[A-Za-z0-9_*-]+$/, 'expected the name of an artifact, in which * stands for anything: "acme-*"');

export const ProjectPattern = z
  .string()
  .regex(
    /^[\p{L}\p{N}_*-][\p{L}\p{N}_.*/-]*$/u,
    'expected the full path of a project, in which * stands for anything: "platform/*"',
  );

export const BranchPattern = z
  .string()
  .regex(
    /^(?!artifacts\/)[^\p{Cc}\p{Cs} ~^:?[\\-][^\p{Cc}\p{Cs} ~^:?[\\]{0,254}$/u,
    'expected the name of a branch, in which * stands for anything: "release/*", and none of the bot\'s own',
  );

/** Whether a name is what a pattern means. An expression would try every way in which many `*` can share a name, which takes for ever. */
export function matches(pattern: string, name: string): boolean {
  const [first = "", ...others] = pattern.split("*");
  const last = others.pop();
  if (last === undefined) return name === first;
  const end = name.length - last.length;
  let at = first.length;
  if (end < at || !name.startsWith(first) || !name.endsWith(last)) return false;
  // Where one of them fits earlier, the rest has more to fit into.
  for (const part of others) {
    const found = name.indexOf(part, at);
    at = found + part.length;
    if (found < 0 || at > end) return false;
  }
  return true;
}
