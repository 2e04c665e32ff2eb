import { beforeEach, describe, expect, it } from "vitest";
import { Aim, type Shown } from "../src/parts/aim";

const HIGH = 50;

/** A list of rows of one height in a window that shows four; what moves it is added to where it was sent. */
class Rows implements Shown {
  offset = 0;
  sent: number[] = [];
  drift = 0;

  scrollToIndex(at: number): void {
    this.sent.push(at);
    this.offset = at * HIGH - 2 * HIGH + this.drift;
  }
  getScrollOffset = (): number => this.offset;
  getViewportSize = (): number => 4 * HIGH;
  getItemOffset = (at: number): number => at * HIGH;
  getItemSize = (): number => HIGH;
}

describe("going to a message", () => {
  let rows: Rows;
  let aim: Aim;

  beforeEach(() => {
    rows = new Rows();
    aim = new Aim(
      () => rows,
      (row) => ["a", "b", "c", "d", "e", "f", "g", "h", "i", "j"].indexOf(row),
    );
  });

  it("goes there once, and stays", () => {
    aim.at("h");
    aim.rested();
    rows.offset = 0;
    aim.rested();
    expect(rows.sent).toEqual([7]);
  });

  it("goes on when something has led it astray", () => {
    rows.drift = -1000;
    aim.at("h");
    rows.drift = 0;
    aim.rested();
    expect(rows.sent).toEqual([7, 7]);
    expect(rows.offset).toBe(7 * HIGH - 2 * HIGH);
  });

  it("gives up at last", () => {
    rows.drift = -1000;
    aim.at("h");
    for (let rest = 0; rest < 10; rest += 1) aim.rested();
    expect(rows.sent).toEqual([7, 7, 7, 7]);
  });

  it("lets go of whoever scrolls themselves", () => {
    rows.drift = -1000;
    aim.at("h");
    aim.letGo();
    aim.rested();
    expect(rows.sent).toEqual([7]);
  });

  it("does nothing about a message that is not there", () => {
    aim.at("z");
    aim.rested();
    expect(rows.sent).toEqual([]);
  });
});
