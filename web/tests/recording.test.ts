import { describe, expect, it } from "vitest";
import { LONGEST, Recording, type Take } from "../src/state/recording.svelte";
import { bars, moved, nextSpeed } from "../src/state/waveform";

/** A microphone whose clock the test turns. */
class Desk {
  now = 0;
  done: string[] = [];
  readonly take: Take = {
    pause: () => this.done.push("pause"),
    resume: () => this.done.push("resume"),
    level: () => 0.5,
    finish: () => Promise.resolve(new Blob(["sound"])),
    discard: () => this.done.push("discard"),
  };

  recording(open: () => Promise<Take> = () => Promise.resolve(this.take)): Recording {
    return new Recording({ open }, () => this.now);
  }
}

describe("a recording", () => {
  it("counts what was said, not the pauses", async () => {
    const desk = new Desk();
    const recording = desk.recording();
    await recording.begin();
    desk.now = 3_000;
    recording.tick();
    recording.pause();
    desk.now = 60_000;
    recording.tick();
    recording.resume();
    desk.now = 61_000;
    recording.tick();
    expect(recording.milliseconds).toBe(4_000);
    expect(recording.levels).toEqual([0.5, 0.5]);
    expect(desk.done).toEqual(["pause", "resume"]);
    expect(await (await recording.finish())?.text()).toBe("sound");
    expect(recording.stage).toBe("idle");
  });

  it("leaves nothing when it is cancelled", async () => {
    const desk = new Desk();
    const recording = desk.recording();
    await recording.begin();
    recording.cancel();
    expect(desk.done).toEqual(["discard"]);
    expect(await recording.finish()).toBeNull();
  });

  it("lets go of a microphone that comes after it was cancelled", async () => {
    const desk = new Desk();
    const recording = desk.recording();
    const begun = recording.begin();
    recording.cancel();
    await begun;
    expect(desk.done).toEqual(["discard"]);
    expect(recording.stage).toBe("idle");
  });

  it("says when the microphone is refused", async () => {
    const recording = new Desk().recording(() => Promise.reject(new Error("no")));
    await recording.begin();
    expect(recording.stage).toBe("refused");
  });

  it("ends after an hour", async () => {
    const desk = new Desk();
    const recording = desk.recording();
    await recording.begin();
    desk.now = LONGEST;
    recording.tick();
    expect(recording.stage).toBe("paused");
    recording.resume();
    expect(recording.stage).toBe("paused");
  });
});

describe("a waveform", () => {
  it("has as many bars as there is room for", () => {
    expect(bars([0, 255, 51, 102], 2, 255)).toEqual([1, 0.4]);
    expect(bars([255], 3, 255)).toEqual([1, 1, 1]);
    expect(bars([], 2, 255)).toEqual([0, 0]);
  });

  it("is moved in by keys, and mirrored where one reads from the right", () => {
    expect(moved("ArrowRight", 4, 10, false)).toBe(5);
    expect(moved("ArrowRight", 4, 10, true)).toBe(3);
    expect(moved("PageUp", 4, 10, false)).toBe(10);
    expect(moved("Home", 4, 10, false)).toBe(0);
    expect(moved("a", 4, 10, false)).toBeUndefined();
  });

  it("is played at one speed after the other", () => {
    expect([nextSpeed(1), nextSpeed(1.5), nextSpeed(2)]).toEqual([1.5, 2, 1]);
  });
});
