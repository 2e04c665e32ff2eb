// What the core says by itself is handed on in bundles: a window that many messages reach draws them together, and is
// left alone for longer than it took, so that a key that is pressed in between is answered at once.

/** Milliseconds from one bundle to the next, at least and at most. */
const SHORTEST = 100;
const LONGEST = 1_000;
/** How many times as long as a bundle took, drawing included, it is until the next. */
const SHARE = 4;

export class Bundles<T> {
  #held: T[] = [];
  #timer: ReturnType<typeof setTimeout> | undefined;
  #next = 0;

  constructor(private readonly hand: (one: T) => void) {}

  add(one: T): void {
    this.#held.push(one);
    this.#timer ??= setTimeout(() => this.flush(), Math.max(0, this.#next - performance.now()));
  }

  /** Hands on all that is held, in its order; an answer must not overtake what was said before it. */
  flush(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    if (this.#held.length === 0) return;
    const [held, began] = [this.#held, performance.now()];
    this.#held = [];
    this.#next = began + SHORTEST;
    for (const one of held) this.hand(one);
    setTimeout(() => {
      const taken = performance.now() - began;
      this.#next = began + Math.min(Math.max(SHORTEST, taken * SHARE), LONGEST);
    });
  }
}
