// The messages of one chat, as far as they were read from the core.
import type { Message, Preview } from "../contract/types";
import type { Core } from "./core";
import { toggled } from "./selection";
import { timeline } from "./timeline";
import type { MayWrite } from "./writing";

/** Messages that are read at once. */
export const PAGE = 60;
/** Messages that one call may ask for. */
const MOST = 500;
/** Messages of a chat from which on a window that shows its end lets go of the oldest, and how many it then has. */
const MANY = 600;
const KEPT = 300;

export class Conversation {
  messages = $state.raw<readonly Message[]>([]);
  firstUnread = $state<string | null>(null);
  loaded = $state(false);
  atBeginning = $state(false);
  replyTo = $state.raw<Message | null>(null);
  editing = $state.raw<Message | null>(null);
  /** Those that are pinned above the chat, in their order. */
  pinned = $state.raw<readonly Message[]>([]);
  /** What goes along with the next message: that it can be viewed once, the preview of a link in it. */
  once = $state(false);
  preview = $state.raw<Preview | null>(null);
  /** Messages that are selected, while some are being selected. */
  selected = $state.raw<ReadonlySet<string> | null>(null);
  /** Whether one may write here: asked for when the chat is read, and again whenever it changes. */
  mayWrite = $state<MayWrite>("yes");
  /** Those who can be mentioned in a group, once they were asked for. */
  names = $state.raw<readonly string[]>([]);
  readonly rows = $derived(timeline(this.messages, this.firstUnread));
  /** What is shown is a stretch around a message that was searched for, not the end. */
  detached = $state(false);
  /** The message that was jumped to: another object each time, so that one can go there again. */
  target = $state.raw<{ id: string } | null>(null);
  #loading = false;
  /** The place of the last new message that was seen in this window. */
  #seen = "";

  constructor(
    private readonly core: Core,
    readonly chat: string,
  ) {}

  /** Reads the last messages, or all that are shown anew; `unread`: so many of them at least, and one more. */
  async load(unread = 0): Promise<void> {
    void this.askWhoWrites();
    const limit = Math.min(Math.max(PAGE, this.messages.length, unread + 1), MOST);
    const found = await this.core.call("messages", { chat: this.chat, limit });
    this.firstUnread ??= found.find((message) => message.unread && !message.mine)?.id ?? null;
    this.messages = found;
    this.detached = false;
    this.target = null;
    this.#seen = "";
    this.atBeginning = found.length < limit;
    this.loaded = true;
    await this.loadPinned();
  }

  async loadPinned(): Promise<void> {
    this.pinned = await this.core.call("pinned", { chat: this.chat });
  }

  /** Asks whether one may write here; while the core is away, what was known stays. */
  async askWhoWrites(): Promise<void> {
    try {
      this.mayWrite = await this.core.call("mayWrite", { chat: this.chat });
    } catch {
      return;
    }
  }

  /** Reads who can be mentioned. */
  async loadNames(): Promise<void> {
    if (this.names.length > 0) return;
    const { members } = await this.core.call("group", { chat: this.chat });
    this.names = members.filter((member) => !member.me).map((member) => member.name);
  }

  /** Hands over what goes along with a message in which this is the first link; the next goes without. */
  takeAlong(link: string | null): { replyTo: string | null; preview: Preview | null; once: boolean } {
    const preview = this.preview?.link === link && !this.once ? this.preview : null;
    const along = { replyTo: this.replyTo?.id ?? null, preview, once: this.once };
    [this.replyTo, this.preview, this.once] = [null, null, false];
    return along;
  }

  /** Shows a message that was found, with what is around it. */
  async loadAround(message: string): Promise<void> {
    void this.askWhoWrites();
    const found = await this.core.call("context", { chat: this.chat, message, around: PAGE / 2 });
    this.messages = found;
    this.target = { id: message };
    this.atBeginning = false;
    this.detached = this.loaded = true;
    await this.loadPinned();
  }

  /** Reads what came before the first message that is here. */
  async loadEarlier(): Promise<void> {
    const first = this.messages[0];
    if (first === undefined || this.atBeginning || this.#loading) return;
    this.#loading = true;
    try {
      const found = await this.core.call("messages", { chat: this.chat, before: first.id, limit: PAGE });
      this.messages = [...found, ...this.messages];
      this.atBeginning = found.length < PAGE;
    } finally {
      this.#loading = false;
    }
  }

  /** Takes a message that is new or has changed into its place. */
  take(message: Message): void {
    if (message.pinned || this.pinned.some((known) => known.id === message.id)) {
      void this.loadPinned().catch(() => undefined); // while the core is away, what is shown stays as it is
    }
    if (!this.loaded || (this.detached && this.find(message.id) === undefined)) return;
    const others = this.messages.filter((known) => known.id !== message.id);
    this.messages = placed(others, message);
  }

  /** Lets go of what lies far above the end, so that a window that stays open for weeks does not grow. */
  keepLatest(): void {
    if (this.detached || this.messages.length <= MANY) return;
    this.messages = this.messages.slice(-KEPT);
    this.atBeginning = false;
  }

  /** Lets go of a message that has disappeared. */
  drop(id: string): void {
    this.messages = this.messages.filter((message) => message.id !== id);
    if (this.selected?.has(id)) this.selected = toggled(this.selected, id);
    this.pinned = this.pinned.filter((message) => message.id !== id);
    if (this.replyTo?.id === id) this.replyTo = null;
  }

  /** Takes note that a new message is on the screen; tells whether it stands behind all that were. */
  sees(message: Message): boolean {
    const further = message.place > this.#seen;
    if (further) this.#seen = message.place;
    return further;
  }

  find(id: string): Message | undefined {
    return this.messages.find((message) => message.id === id);
  }
}

/** Puts a message where the core's order has it; what has no place yet comes last, in the order of writing. */
export function placed(others: readonly Message[], message: Message): readonly Message[] {
  let at = others.length;
  while (at > 0 && (others[at - 1]?.place ?? "") > message.place) at -= 1;
  return [...others.slice(0, at), message, ...others.slice(at)];
}
