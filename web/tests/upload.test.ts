import { afterEach, describe, expect, it, vi } from "vitest";
import { send } from "../src/parts/upload";
import { words } from "../src/words/words.svelte";
import { FarEnd, message, settled, started } from "./far_end";

afterEach(() => vi.unstubAllGlobals());

/** Answers of the core to files, one after the other. */
function answering(...answers: unknown[]): ReturnType<typeof vi.fn> {
  const asked = vi.fn((_address: string, _request: RequestInit) => {
    const answer = answers.shift();
    return answer instanceof Error ? Promise.reject(answer) : Promise.resolve({ json: () => Promise.resolve(answer) });
  });
  vi.stubGlobal("fetch", asked);
  return asked;
}

describe("a file on its way", () => {
  it("that fails is said to have failed, and sent once more when asked", async () => {
    words.language = "en";
    const app = await started(new FarEnd());
    const asked = answering({ kind: "failure", error: "NoRelay", sentence: "no relay" }, message("m", "1"));
    await send(app, "1", new File(["x"], "a.txt"), { once: true });
    const [failed] = app.transfers.of("1");
    expect(failed?.failure).toContain("relay");
    failed?.again();
    await settled();
    expect(app.transfers.of("1")).toEqual([]);
    expect(asked.mock.calls.map(([address]) => String(address).includes("once"))).toEqual([true, true]);
  });

  it("can be taken back before the core has all of it", async () => {
    const app = await started(new FarEnd());
    const asked = answering(new Promise(() => undefined));
    void send(app, "1", new File(["x"], "a.txt"));
    app.transfers.of("1")[0]?.stop();
    expect(asked.mock.calls[0]?.[1].signal.aborted).toBe(true);
  });
});
