import { describe, expect, it } from "vitest";
import { ALWAYS, isMuted, listed, unreadIn } from "../src/state/listing";
import { SwitchesState } from "../src/state/switches.svelte";
import { chat, FarEnd, message, settled, started } from "./far_end";

describe("the list of chats", () => {
  const chats = [
    chat("1", "Bob", { unread: 2 }),
    chat("2", "Old club", { archived: true, unread: 5 }),
    chat("3", "Loud", { mutedUntil: ALWAYS, unread: 7 }),
  ];

  it("puts archived chats away, but finds them", () => {
    expect(listed(chats, "", false).map((one) => one.id)).toEqual(["1", "3"]);
    expect(listed(chats, " ", true).map((one) => one.id)).toEqual(["2"]);
    expect(listed(chats, "club", false).map((one) => one.id)).toEqual(["2"]);
  });

  it("counts what is neither silent nor put away", () => {
    expect(unreadIn(chats, Date.now())).toBe(2);
  });

  it("mutes until the time that was said", () => {
    expect(isMuted(chat("1", "Bob", { mutedUntil: 100 }), 99)).toBe(true);
    expect(isMuted(chat("1", "Bob", { mutedUntil: 100 }), 100)).toBe(false);
  });

  it("keeps what a muted chat says to itself", async () => {
    const far = new FarEnd();
    far.answers["chats"] = [chat("1", "Bob"), chat("2", "Loud", { mutedUntil: ALWAYS })];
    const heard: string[] = [];
    await started(far, (one) => heard.push(one.id));
    far.tell({ kind: "messageArrived", message: message("a", "2") });
    far.tell({ kind: "messageArrived", message: message("b", "1") });
    await settled();
    expect(heard).toEqual(["b"]);
  });

  it("knows drafts of chats that were not opened yet", async () => {
    const far = new FarEnd();
    far.answers["chats"] = [chat("1", "Bob", { draft: "half a" })];
    const app = await started(far);
    expect(app.drafts.get("1")).toBe("half a");
  });
});

describe("what others learn of me", () => {
  const all = { readReceipts: true, deliveryReceipts: true, typing: true, defaultTimer: null };

  it("changes one thing at a time", async () => {
    const far = new FarEnd();
    far.answers["switches"] = all;
    far.answers["setSwitches"] = { ...all, typing: false };
    const switches = new SwitchesState(await started(far));
    await switches.load();
    await switches.set({ typing: false });
    expect(far.sent.at(-1)?.params).toEqual({ ...all, typing: false });
    expect(switches.now?.typing).toBe(false);
  });

  it("stands as before when the core does not take it", async () => {
    const far = new FarEnd();
    far.answers["switches"] = all;
    const switches = new SwitchesState(await started(far));
    await switches.load();
    const setting = switches.set({ typing: false });
    expect(switches.now?.typing).toBe(false);
    far.events.closed();
    await expect(setting).rejects.toThrow();
    await settled();
    expect(switches.now?.typing).toBe(true);
  });
});
