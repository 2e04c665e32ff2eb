// Files that are brought to this machine because somebody wants them, by their message.
import { SvelteMap } from "svelte/reactivity";
import type { Message } from "../contract/types";
import type { Core } from "./core";
import { sentenceFor } from "./failure";

export interface Fetch {
  done: number;
  total: number;
  failure: string | null;
}

export class Fetches {
  all = new SvelteMap<string, Fetch>();

  constructor(private readonly core: Core) {}

  /** Brings a message's file; tells whether a window may show it, or nothing when it has not come. */
  async bring(message: Pick<Message, "chat" | "id">): Promise<boolean | undefined> {
    this.all.set(message.id, { done: 0, total: 0, failure: null });
    try {
      const { shown } = await this.core.call("fetchFile", { chat: message.chat, message: message.id });
      this.all.delete(message.id);
      return shown;
    } catch (error) {
      this.all.set(message.id, { done: 0, total: 0, failure: sentenceFor(error) });
      return undefined;
    }
  }

  progress(id: string, done: number, total: number): void {
    const known = this.all.get(id);
    if (known !== undefined) this.all.set(id, { ...known, done, total });
  }
}
