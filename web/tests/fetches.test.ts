import { describe, expect, it } from "vitest";
import { Refused } from "../src/contract/rpc";
import { Fetches } from "../src/state/fetches.svelte";
import { words } from "../src/words/words.svelte";

describe("a file that is wanted", () => {
  it("is followed while it comes, and forgotten when it is there", async () => {
    let come: (shown: unknown) => void = () => undefined;
    const fetches = new Fetches({ call: () => new Promise((resolve) => (come = resolve as typeof come)) });
    const coming = fetches.bring({ chat: "1", id: "m" });
    fetches.progress("m", 3, 9);
    fetches.progress("another", 1, 1);
    expect([...fetches.all]).toEqual([["m", { done: 3, total: 9, failure: null }]]);
    come({ shown: true });
    expect(await coming).toBe(true);
    expect(fetches.all.size).toBe(0);
  });

  it("that does not come is said to, in the reader's language", async () => {
    words.language = "fr";
    const fetches = new Fetches({ call: () => Promise.reject(new Refused("FileExpired", "gone")) });
    expect(await fetches.bring({ chat: "1", id: "m" })).toBeUndefined();
    expect(fetches.all.get("m")?.failure).toBe("Le fichier a expiré sur le relais.");
  });
});
