// A voice note in the making. The microphone is handed in: this knows no browser.

/** What records. `open` rejects when there is no microphone, or when this window may not use it. */
export interface Microphone {
  open(): Promise<Take>;
}

/** One recording under way. */
export interface Take {
  pause(): void;
  resume(): void;
  /** How loud it is just now, from 0 to 1. */
  level(): number;
  /** Ends the recording and hands it over. */
  finish(): Promise<Blob>;
  /** Ends the recording and forgets it. */
  discard(): void;
}

export type Stage = "idle" | "asking" | "running" | "paused" | "refused";

/** Milliseconds of a voice note at most, and between two looks at how loud it is. */
export const LONGEST = 3_600_000;
export const STEP = 100;

export class Recording {
  stage = $state<Stage>("idle");
  milliseconds = $state(0);
  /** How loud it was at each step, from 0 to 1. */
  levels = $state.raw<readonly number[]>([]);
  #take: Take | null = null;
  #since = 0;
  #before = 0;

  constructor(
    private readonly microphone: Microphone,
    private readonly clock: () => number,
  ) {}

  async begin(): Promise<void> {
    this.stage = "asking";
    let take: Take;
    try {
      take = await this.microphone.open();
    } catch {
      if (this.stage === "asking") this.stage = "refused";
      return;
    }
    if (this.stage !== "asking") return take.discard(); // it was cancelled in between
    this.#take = take;
    this.#since = this.clock();
    this.stage = "running";
  }

  /** Notes how long and how loud it is; called at every step. */
  tick(): void {
    if (this.stage !== "running" || this.#take === null) return;
    this.milliseconds = this.#before + this.clock() - this.#since;
    this.levels = [...this.levels, this.#take.level()];
    if (this.milliseconds >= LONGEST) this.pause();
  }

  pause(): void {
    if (this.stage !== "running") return;
    this.#before += this.clock() - this.#since;
    this.milliseconds = this.#before;
    this.#take?.pause();
    this.stage = "paused";
  }

  resume(): void {
    if (this.stage !== "paused" || this.milliseconds >= LONGEST) return;
    this.#since = this.clock();
    this.#take?.resume();
    this.stage = "running";
  }

  /** Hands over what was recorded; none when nothing was. */
  async finish(): Promise<Blob | null> {
    const take = this.#end();
    return take === null ? null : await take.finish();
  }

  cancel(): void {
    this.#end()?.discard();
  }

  #end(): Take | null {
    const take = this.#take;
    this.#take = null;
    this.stage = "idle";
    return take;
  }
}
