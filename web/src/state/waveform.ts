// The bars of a voice note: as many as there is room for, and where in it a place among them lies.

/** So many bars of levels (any number of them, from 0 to `most`), each from 0 to 1: the loudest of what it stands for. */
export function bars(levels: readonly number[], count: number, most: number): number[] {
  if (levels.length === 0) return new Array<number>(count).fill(0);
  return Array.from({ length: count }, (_, at) => {
    const from = Math.floor((at * levels.length) / count);
    const to = Math.max(from + 1, Math.floor(((at + 1) * levels.length) / count));
    return Math.min(1, Math.max(...levels.slice(from, to)) / most);
  });
}

/** The speeds at which a voice note is played, in the order in which they are offered. */
export const SPEEDS = [1, 1.5, 2] as const;

export function nextSpeed(speed: number): number {
  return SPEEDS[(SPEEDS.findIndex((one) => one === speed) + 1) % SPEEDS.length] ?? 1;
}

/** Seconds to which a key moves; none: the key does something else. */
export function moved(key: string, seconds: number, length: number, backwards: boolean): number | undefined {
  const ahead = backwards ? -1 : 1;
  const steps: Record<string, number> = {
    ArrowRight: seconds + ahead,
    ArrowLeft: seconds - ahead,
    ArrowUp: seconds + 1,
    ArrowDown: seconds - 1,
    PageUp: seconds + 10,
    PageDown: seconds - 10,
    Home: 0,
    End: length,
  };
  const to = steps[key];
  return to === undefined ? undefined : Math.min(Math.max(to, 0), length);
}
