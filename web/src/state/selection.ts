// Several messages at once, in the order in which they stand in the chat.
import type { Message } from "../contract/types";

/** A selection with one message more, or without it. */
export function toggled(selected: ReadonlySet<string>, id: string): ReadonlySet<string> {
  const others = new Set(selected);
  if (!others.delete(id)) others.add(id);
  return others;
}

export function chosen(messages: readonly Message[], selected: ReadonlySet<string> | null): readonly Message[] {
  return selected === null ? [] : messages.filter((message) => selected.has(message.id));
}

/** What several messages say, to be pasted elsewhere: one alone as it stands, more with who said it and when. */
export function copied(
  messages: readonly Message[],
  says: (message: Message) => string,
  when: (at: number) => string,
): string {
  const text = (message: Message): string => (message.body.kind === "text" ? message.body.text : says(message));
  const [first, ...others] = messages;
  if (first === undefined) return "";
  if (others.length === 0) return text(first);
  return messages.map((message) => `[${when(message.at)}] ${message.sender}: ${text(message)}`).join("\n");
}
