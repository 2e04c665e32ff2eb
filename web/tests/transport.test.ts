import { afterEach, describe, expect, it, vi } from "vitest";
import { openSocket } from "../src/contract/transport";

afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

/** A socket that does what it is told, and nothing by itself. */
class Line {
  static made: Line[] = [];
  onopen: () => void = () => undefined;
  onclose: () => void = () => undefined;
  onmessage: (event: { data: string }) => void = () => undefined;
  constructor() {
    Line.made.push(this);
  }
  send(): void {}
  close(): void {
    this.onclose();
  }
}

describe("the socket", () => {
  it("that neither opens nor fails is given up, and another one is tried", () => {
    vi.useFakeTimers();
    vi.stubGlobal("WebSocket", Line);
    const seen: string[] = [];
    const note = (what: string) => (): void => void seen.push(what);
    const transport = openSocket({ text: note("text"), opened: note("opened"), closed: note("closed") });
    vi.advanceTimersByTime(9_000);
    expect(Line.made.length).toBe(1);
    vi.advanceTimersByTime(3_000);
    expect(Line.made.length).toBe(2);
    Line.made[1]?.onopen();
    vi.advanceTimersByTime(60_000);
    expect(seen).toEqual(["closed", "opened"]);
    transport.close();
  });
});
