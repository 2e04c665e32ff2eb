// How chats stand in the list: in which order, which of them are put away, which are silent.
import type { Chat } from "../contract/types";

/** Unix milliseconds that no clock reaches: muted for good. */
export const ALWAYS = 8_640_000_000_000_000;
/** Seconds for which a chat can be muted. */
export const MUTES = [3_600, 28_800, 604_800] as const;

export function before(a: Chat, b: Chat): number {
  return (
    Number(b.pinned) - Number(a.pinned) || Math.max(b.last?.at ?? 0, b.beganAt) - Math.max(a.last?.at ?? 0, a.beganAt)
  );
}

export function isMuted(chat: Chat, now: number): boolean {
  return chat.mutedUntil > now;
}

/** What the list shows: what was looked for, wherever it is; or else the archived chats or the others. */
export function listed(chats: readonly Chat[], query: string, archived: boolean): readonly Chat[] {
  return query.trim() === "" ? chats.filter((chat) => chat.archived === archived) : matching(chats, query);
}

/** Messages that wait to be read, in chats that are neither silent nor put away. */
export function unreadIn(chats: readonly Chat[], now: number): number {
  return chats.reduce((sum, chat) => sum + (chat.archived || isMuted(chat, now) ? 0 : chat.unread), 0);
}

/** The chats whose name holds all the words looked for, whatever their accents and case. */
export function matching(chats: readonly Chat[], query: string): readonly Chat[] {
  const wanted = folded(query).split(/\s+/).filter(Boolean);
  return wanted.length === 0
    ? chats
    : chats.filter((chat) => wanted.every((word) => folded(chat.title).includes(word)));
}

export function folded(text: string): string {
  return text.normalize("NFKD").replace(/\p{M}/gu, "").toLowerCase();
}
