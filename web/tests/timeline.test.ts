import { describe, expect, it } from "vitest";
import type { Message } from "../src/contract/types";
import { Conversation, placed } from "../src/state/conversation.svelte";
import { timeline } from "../src/state/timeline";

const message = (id: string, at: number, more: Partial<Message> = {}): Message => ({
  id,
  chat: "c",
  sender: "Bob",
  senderId: "b",
  mine: false,
  at,
  order: 1,
  place: id,
  state: "received",
  unread: false,
  body: { kind: "text", text: id, markdown: true, preview: null },
  quote: null,
  reactions: [],
  history: [],
  pinned: false,
  starred: false,
  forwarded: 0,
  timer: null,
  goesAt: null,
  sentOnBy: null,
  ...more,
});
const NOON = new Date(2026, 5, 10, 12).getTime();

describe("the timeline", () => {
  it("parts days, and marks where the unread begin", () => {
    const rows = timeline([message("a", NOON - 86_400_000), message("b", NOON), message("c", NOON + 1000)], "c");
    expect(rows.map((row) => row.kind)).toEqual(["day", "message", "day", "message", "unread", "message"]);
  });

  it("joins what one person writes in a row", () => {
    const rows = timeline(
      [
        message("a", NOON),
        message("b", NOON + 1000),
        message("c", NOON + 2000, { sender: "Zoé", senderId: "z" }),
        message("d", NOON + 3_600_000, { sender: "Zoé", senderId: "z" }),
      ],
      null,
    ).filter((row) => row.kind === "message");
    expect(rows.map((row) => [row.first, row.last])).toEqual([
      [true, false],
      [false, true],
      [true, true],
      [true, true],
    ]);
  });
});

describe("a message's place", () => {
  it("is where the core's order has it, whatever comes in when", () => {
    const orders = [
      ["a", "b", "c"],
      ["c", "b", "a"],
      ["b", "c", "a"],
    ];
    for (const order of orders) {
      let known: readonly Message[] = [];
      for (const id of order) known = placed(known, message(id, NOON));
      expect(known.map((one) => one.id)).toEqual(["a", "b", "c"]);
    }
  });
});

describe("a conversation that is long open", () => {
  const many = (count: number): Message[] =>
    Array.from({ length: count }, (_, number) => message(String(number).padStart(6, "0"), NOON + number * 60_000));

  it("keeps the rows that are as before, however many come", () => {
    const messages = many(50);
    const before = new Set(timeline(messages.slice(0, 49), null));
    const fresh = timeline(messages, null).filter((row) => row.kind === "message" && !before.has(row));
    expect(fresh.length).toBeLessThanOrEqual(2); // the new one, and the one that was the last of its run
  });

  it("lets go of what lies far above the end", async () => {
    const conversation = new Conversation({ call: () => Promise.resolve([] as never) }, "c");
    await conversation.load();
    for (const one of many(2_000)) {
      conversation.take(one);
      conversation.keepLatest();
    }
    expect(conversation.messages.length).toBeLessThanOrEqual(600);
    expect(conversation.messages.at(-1)?.id).toBe("001999");
    expect(conversation.atBeginning).toBe(false);
  });
});
