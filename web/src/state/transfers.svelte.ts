// Files on their way, by the name that this window gave each, or the message whose file it is.
import { SvelteMap } from "svelte/reactivity";

export interface Transfer {
  id: string;
  chat: string;
  name: string;
  done: number;
  total: number;
  /** The core has heard of it: it can be paused. */
  begun: boolean;
  /** Nothing more of it is sent for now. */
  paused: boolean;
  failure: string | null;
  /** Sends it once more. */
  again: () => void;
  /** Takes what is on its way to the core back. */
  stop: () => void;
}

export class Transfers {
  all = new SvelteMap<string, Transfer>();

  begin(transfer: Transfer): void {
    this.all.set(transfer.id, transfer);
  }

  progress(id: string, done: number, total: number): void {
    const known = this.all.get(id);
    if (known !== undefined) this.all.set(id, { ...known, begun: true, done, total });
  }

  hold(id: string, paused: boolean): void {
    const known = this.all.get(id);
    if (known !== undefined) this.all.set(id, { ...known, paused });
  }

  fail(id: string, failure: string): void {
    const known = this.all.get(id);
    if (known !== undefined) this.all.set(id, { ...known, failure });
  }

  end(id: string): void {
    this.all.delete(id);
  }

  of(chat: string): Transfer[] {
    return [...this.all.values()].filter((transfer) => transfer.chat === chat);
  }
}
