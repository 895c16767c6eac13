/**
 * What people wish for with the boxes of the dashboard. A box is known by a hidden comment, which stands where no word of others
 * ever does; its text is for people only.
 */
import { z } from "zod";

export const VERBS = ["approve", "unschedule", "unlimit", "retry", "recreate", "rebase"] as const;
const Verb = z.enum(VERBS);
export type Verb = z.infer<typeof Verb>;

/** All that a section lists. */
export const ALL = "*";

/** A verb and the id of a topic, or `ALL`, as in the comment of the box. */
export type Wish = `${Verb} ${string}`;
export type Wishes = ReadonlySet<Wish>;

export const NO_WISHES: Wishes = new Set();

/** Each of these means: open it now. A box for all of a section means only what that section is about. */
const NOW = ["approve", "unschedule", "unlimit", "retry", "recreate"] as const;

export function isWished(wishes: Wishes, verb: Verb, topic: string): boolean {
  if (wishes.has(`${verb} ${ALL}`) || wishes.has(`${verb} ${topic}`)) return true;
  const isSoft = verb === "approve" || verb === "unschedule" || verb === "unlimit";
  return isSoft && NOW.some((one) => wishes.has(`${one} ${topic}`));
}

/** One line with a box; `text` is Markdown. */
export function box(wish: Wish, isTicked: boolean, text: string): string {
  return `- [${isTicked ? "x" : " "}] <!-- artifacts-bump ${wish} --> ${text}`;
}

const TICKED =
  /^[ \t]*[-*] \[[xX]\] <!-- artifacts-bump ([a-z]+) ([A-Za-z0-9_.-]{1,120}(?:@[\w.!~*'()%-]{1,800})?|\*) -->/gm;

/** What is ticked in a description. */
export function wishesIn(description: string): Wishes {
  const found = [...description.matchAll(TICKED)].flatMap(([, word, topic = ""]): Wish[] => {
    const verb = Verb.safeParse(word);
    return verb.success ? [`${verb.data} ${topic}`] : [];
  });
  return new Set(found);
}
