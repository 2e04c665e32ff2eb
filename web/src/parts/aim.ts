// Going to a message of a long list, and arriving there.

/** What is needed of the list, in pixels. */
export interface Shown {
  scrollToIndex(at: number, options: { align: "center" }): void;
  getScrollOffset(): number;
  getViewportSize(): number;
  getItemOffset(at: number): number;
  getItemSize(at: number): number;
}

/** How often what still moves may lead the view astray, as the glide of a key that was pressed just before does. */
const TRIES = 3;

export class Aim {
  #row: string | null = null;
  #left = 0;

  /** `find` tells where a row stands; -1: it is not there. */
  constructor(
    private readonly list: () => Shown | null,
    private readonly find: (row: string) => number,
  ) {}

  /** Goes to a row. */
  at(row: string): void {
    [this.#row, this.#left] = [row, TRIES];
    this.#go();
  }

  /** Stays where the view is from now on: whoever scrolls goes where they want to. */
  letGo(): void {
    this.#row = null;
  }

  /** The view has come to rest: goes on, unless the row is on the screen. */
  rested(): void {
    if (this.#row === null) return;
    if (this.#left === 0 || this.#isThere(this.#row)) return this.letGo();
    this.#left -= 1;
    this.#go();
  }

  #go(): void {
    const at = this.#row === null ? -1 : this.find(this.#row);
    if (at >= 0) this.list()?.scrollToIndex(at, { align: "center" });
  }

  #isThere(row: string): boolean {
    const [list, at] = [this.list(), this.find(row)];
    if (list === null || at < 0) return true;
    const [from, top] = [list.getScrollOffset(), list.getItemOffset(at)];
    return top + list.getItemSize(at) > from && top < from + list.getViewportSize();
  }
}
