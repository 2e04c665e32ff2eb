// A core at the other end of a line in memory, and chats and messages to speak of.
import type { OpenTransport, TransportEvents } from "../src/contract/transport";
import type { Chat, Message } from "../src/contract/types";
import { AppState } from "../src/state/app.svelte";

/** A core at the other end of a line in memory: it answers as the tests say. */
export class FarEnd {
  events!: TransportEvents;
  sent: { id: number; method: string; params: Record<string, unknown> }[] = [];
  answers: Record<string, unknown> = {
    profile: { kind: "open", account: { name: "Zoé", id: "ff", relay: "https://r.example" } },
    chats: [],
    requests: [],
  };

  readonly open: OpenTransport = (events) => {
    this.events = events;
    return { send: (text) => this.#take(text), close: () => undefined };
  };

  #take(text: string): void {
    const call = JSON.parse(text) as (typeof this.sent)[number];
    this.sent.push(call);
    const answer = this.answers[call.method];
    if (answer === undefined) return;
    queueMicrotask(() => this.events.text(JSON.stringify({ jsonrpc: "2.0", id: call.id, result: answer })));
  }

  tell(event: unknown): void {
    this.events.text(JSON.stringify({ jsonrpc: "2.0", method: "event", params: event }));
  }
}

export const settled = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 0));
export const chat = (id: string, title: string, more: Partial<Chat> = {}): Chat => ({
  id,
  kind: "direct",
  title,
  description: "",
  timer: null,
  standing: "accepted",
  mutedUntil: 0,
  pinned: false,
  archived: false,
  draft: "",
  unread: 0,
  last: null,
  beganAt: 0,
  person: null,
  picture: null,
  ...more,
});
export const message = (id: string, chatId: string, more: Partial<Message> = {}): Message => ({
  id,
  chat: chatId,
  sender: "Bob",
  senderId: "b",
  mine: false,
  at: 5,
  order: 1,
  place: id,
  state: "received",
  unread: true,
  body: { kind: "text", text: "hello", markdown: true, preview: null },
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

export async function started(far: FarEnd, arrived: (message: Message) => void = () => undefined): Promise<AppState> {
  const app = new AppState(far.open, { arrived: (_, one) => arrived(one) });
  far.events.opened();
  await settled();
  return app;
}
