// What of a chat lies together to be looked through: pictures and films, other files, sounds, links.
import { SvelteMap } from "svelte/reactivity";
import type { Contract, Message } from "../contract/types";
import type { Core } from "./core";
import { links } from "./links";

export type ShelfName = Contract["methods"]["shared"]["params"]["shelf"];

export const SHELVES: readonly ShelfName[] = ["media", "files", "audio", "links"];
/** Messages that one look brings at least, as long as there are so many. */
const ENOUGH = 24;

/** One shelf as far as it was read, the last first; `more`: it goes on behind this message, null: that was all. */
export interface Shelf {
  messages: readonly Message[];
  more: string | null;
}

export class Shelves {
  open = $state<ShelfName>("media");
  read = new SvelteMap<ShelfName, Shelf>();
  #reading: Promise<void> = Promise.resolve();

  constructor(
    private readonly core: Core,
    readonly chat: string,
  ) {}

  /** Reads the open shelf, or what comes next on it; one look after the other. */
  bring(): Promise<void> {
    const name = this.open;
    this.#reading = this.#reading.catch(() => undefined).then(() => this.#bring(name));
    return this.#reading;
  }

  async #bring(name: ShelfName): Promise<void> {
    const wanted = (this.read.get(name)?.messages.length ?? 0) + ENOUGH;
    for (;;) {
      const known = this.read.get(name);
      if (known !== undefined && (known.more === null || known.messages.length >= wanted)) return;
      const found = await this.core.call("shared", { chat: this.chat, shelf: name, before: known?.more ?? null });
      const now = this.read.get(name)?.messages ?? []; // something may have arrived meanwhile
      const here = new Set(now.map((message) => message.id));
      const fresh = found.messages.filter((message) => !here.has(message.id));
      this.read.set(name, { messages: [...now, ...fresh], more: found.more });
    }
  }

  /** Takes a message that is new or has changed to where it belongs now. */
  take(message: Message, isNew: boolean): void {
    if (message.chat !== this.chat) return;
    const place = shelfOf(message);
    for (const [name, shelf] of this.read) {
      const at = shelf.messages.findIndex((known) => known.id === message.id);
      if (at >= 0 && name === place) this.read.set(name, { ...shelf, messages: shelf.messages.with(at, message) });
      else if (at >= 0) this.drop(message.id);
      else if (isNew && name === place) this.read.set(name, { ...shelf, messages: [message, ...shelf.messages] });
    }
  }

  drop(id: string): void {
    for (const [name, shelf] of this.read) {
      const left = shelf.messages.filter((message) => message.id !== id);
      if (left.length < shelf.messages.length) this.read.set(name, { ...shelf, messages: left });
    }
  }
}

/** The shelf on which the core would put a message; null: on none. */
export function shelfOf({ body }: Message): ShelfName | null {
  if (body.kind === "voice") return "audio";
  if (body.kind === "text") return links(body.text).length > 0 ? "links" : null;
  if (body.kind !== "file") return null;
  const kind = body.mediaType.split("/")[0]?.trim().toLowerCase();
  return kind === "image" || kind === "video" ? "media" : kind === "audio" ? "audio" : "files";
}
