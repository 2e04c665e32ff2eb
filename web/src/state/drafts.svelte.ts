// What was begun and not sent, by chat. The core keeps it in the vault; nothing of it lies in the browser's storage.
import { SvelteMap } from "svelte/reactivity";
import type { Core } from "./core";

/** Milliseconds without a key press after which a draft is handed to the core. */
const PAUSE = 600;

export class Drafts {
  #texts = new SvelteMap<string, string>();
  #unsaved = new Map<string, ReturnType<typeof setTimeout>>();

  constructor(private readonly core: Core) {}

  get(chat: string): string {
    return this.#texts.get(chat) ?? "";
  }

  set(chat: string, text: string): void {
    this.#texts.set(chat, text);
    clearTimeout(this.#unsaved.get(chat));
    this.#unsaved.set(
      chat,
      setTimeout(() => void this.save(chat), PAUSE),
    );
  }

  /** Takes what another window or an earlier run has left, unless something is being written here. */
  take(chat: string, text: string): void {
    if (!this.#unsaved.has(chat)) this.#texts.set(chat, text);
  }

  /** Hands a draft to the core; while that is away it stays here, and the next connection hands it over. */
  async save(chat: string): Promise<void> {
    const text = this.get(chat);
    try {
      await this.core.call("setDraft", { chat, text });
      if (this.get(chat) === text) this.#unsaved.delete(chat);
    } catch {
      return;
    }
  }

  /** Hands over everything that the core does not have yet. */
  async saveAll(): Promise<void> {
    await Promise.all([...this.#unsaved.keys()].map((chat) => this.save(chat)));
  }
}
