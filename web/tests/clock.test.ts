import { afterEach, describe, expect, it, vi } from "vitest";
import { Clock } from "../src/state/clock.svelte";

afterEach(() => void vi.useRealTimers());

describe("the clock", () => {
  it("looks again when a silence ends, and at midnight", () => {
    const noon = new Date(2026, 5, 10, 12).getTime();
    vi.useFakeTimers({ now: noon });
    const clock = new Clock();
    clock.wake([0, noon - 1, noon + 3_600_000, noon + 90_000_000]);
    vi.advanceTimersByTime(3_599_000);
    expect(clock.now).toBe(noon);
    vi.advanceTimersByTime(2_000);
    expect(clock.now).toBeGreaterThan(noon + 3_600_000);
    vi.advanceTimersByTime(11 * 3_600_000);
    expect(new Date(clock.now).getDate()).toBe(11);
  });
});
