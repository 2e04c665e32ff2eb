// What others learn of me: shown as the core has it, changed one at a time.
import type { Switches } from "../contract/types";
import type { Core } from "./core";

export class SwitchesState {
  now = $state.raw<Switches | null>(null);

  constructor(private readonly core: Core) {}

  async load(): Promise<void> {
    this.now = await this.core.call("switches", {});
  }

  /** Changes what is named; what the core does not take stands as before. */
  async set(change: Partial<Switches>): Promise<void> {
    const before = this.now;
    if (before === null) return;
    this.now = { ...before, ...change };
    try {
      this.now = await this.core.call("setSwitches", this.now);
    } catch (error) {
      this.now = before;
      throw error;
    }
  }
}
