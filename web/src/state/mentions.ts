// Naming somebody of a group while writing: `@` and the beginning of a name.
import { folded } from "./listing";

/** Where in a text a name is being written, and what is there of it. */
export interface Begun {
  from: number;
  to: number;
  query: string;
}

/** Names that are offered at once, and letters of one at most. */
const OFFERED = 6;
const LONGEST = 40;

/** The name that is being written before the caret, if one is. An address like a@b is none. */
export function mentionAt(text: string, caret: number): Begun | null {
  const at = text.lastIndexOf("@", caret - 1);
  if (at < 0 || caret - at - 1 > LONGEST) return null;
  const query = text.slice(at + 1, caret);
  const before = text.slice(0, at);
  return /[\p{L}\p{N}_@\]]$/u.test(before) || /[\n@]/.test(query) ? null : { from: at, to: caret, query };
}

/** The names that may be meant: those of which some word begins so. */
export function meant(names: readonly string[], query: string): string[] {
  const wanted = folded(query);
  const begins = (name: string): boolean => folded(name).startsWith(wanted) || folded(name).includes(` ${wanted}`);
  return names.filter(begins).slice(0, OFFERED);
}

/** The text with the whole name in it, and where one goes on writing. */
export function completed(text: string, begun: Begun, name: string): { text: string; caret: number } {
  const named = `${text.slice(0, begun.from)}@${name} `;
  return { text: named + text.slice(begun.to).replace(/^ /, ""), caret: named.length };
}
