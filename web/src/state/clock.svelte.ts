// What time it is, as far as what is shown hangs on it: when a chat is silent no longer, and when a new day begins.

/** Milliseconds after which a browser's timer would overflow. */
const LONGEST = 2_147_483_647;

export class Clock {
  now = $state(Date.now());
  #timer: ReturnType<typeof setTimeout> | undefined;

  /** Looks again at the next of these moments (unix milliseconds) that is still to come, and at midnight. */
  wake(moments: Iterable<number>): void {
    clearTimeout(this.#timer);
    const now = Date.now();
    let next = new Date(now).setHours(24, 0, 0, 0);
    for (const moment of moments) if (moment > now && moment < next) next = moment;
    this.#timer = setTimeout(() => this.#tick(moments), Math.min(next - now + 1, LONGEST));
  }

  #tick(moments: Iterable<number>): void {
    this.now = Date.now();
    this.wake(moments);
  }
}
