// From messages in their order to the rows that a conversation shows: days, the unread line, messages in runs.
import type { Message } from "../contract/types";

export type Row =
  | { kind: "day"; key: string; at: number }
  | { kind: "unread"; key: string }
  | { kind: "notice"; key: string; message: Message }
  | { kind: "message"; key: string; message: Message; first: boolean; last: boolean };

/** Milliseconds after which the same sender's next message stands apart. */
const RUN = 5 * 60_000;

/** Rows by their messages: a row that is as before stays the same object, and what shows it need not look again. */
const known = new WeakMap<Message, Row & { kind: "message" }>();
const days = new WeakMap<Message, number>();

export function timeline(messages: readonly Message[], firstUnread: string | null): Row[] {
  const rows: Row[] = [];
  messages.forEach((message, index) => {
    const [before, after] = [messages[index - 1], messages[index + 1]];
    if (before === undefined || dayOf(before) !== dayOf(message)) {
      rows.push({ kind: "day", key: `day-${message.id}`, at: message.at });
    }
    if (message.id === firstUnread) rows.push({ kind: "unread", key: "unread" });
    if (message.body.kind === "notice") {
      rows.push({ kind: "notice", key: message.id, message });
      return;
    }
    const first = before === undefined || message.id === firstUnread || !together(before, message);
    const last = after === undefined || after.id === firstUnread || !together(message, after);
    rows.push(rowOf(message, first, last));
  });
  return rows;
}

function rowOf(message: Message, first: boolean, last: boolean): Row {
  const before = known.get(message);
  if (before?.first === first && before.last === last) return before;
  const row = { kind: "message", key: message.id, message, first, last } as const;
  known.set(message, row);
  return row;
}

function together(a: Message, b: Message): boolean {
  return (
    a.body.kind !== "notice" &&
    b.body.kind !== "notice" &&
    a.senderId === b.senderId &&
    a.mine === b.mine &&
    Math.abs(b.at - a.at) < RUN &&
    dayOf(a) === dayOf(b)
  );
}

/** The day of a message in the reader's zone, as the moment at which it begins. */
function dayOf(message: Message): number {
  let day = days.get(message);
  if (day === undefined) {
    day = new Date(message.at).setHours(0, 0, 0, 0);
    days.set(message, day);
  }
  return day;
}
