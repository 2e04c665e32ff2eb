import { describe, expect, it, vi } from "vitest";
import { Away, Refused } from "../src/contract/rpc";
import { AppState } from "../src/state/app.svelte";
import { sentenceFor } from "../src/state/failure";
import { matching } from "../src/state/listing";
import { words } from "../src/words/words.svelte";
import { chat, FarEnd, message, settled, started } from "./far_end";

const PATIENCE = { timeout: 60_000 };

describe("the window's state", () => {
  it("reads everything when the core is there", async () => {
    const far = new FarEnd();
    far.answers["chats"] = [chat("1", "Bob")];
    const app = await started(far);
    expect(app.account?.name).toBe("Zoé");
    expect(app.sorted.map((one) => one.title)).toEqual(["Bob"]);
  });

  it("asks again when the core cannot say what the profile is", async () => {
    vi.useFakeTimers();
    const far = new FarEnd();
    delete far.answers["profile"];
    const app = new AppState(far.open, { arrived: () => undefined });
    far.events.opened();
    const fault = { code: -32603, message: "x", data: { kind: "Fault" } };
    far.events.text(JSON.stringify({ jsonrpc: "2.0", id: far.sent[0]?.id, error: fault }));
    await vi.advanceTimersByTimeAsync(500);
    expect(app.profile).toBeNull();
    far.answers["profile"] = { kind: "locked" };
    await vi.advanceTimersByTimeAsync(1_000);
    expect(app.profile).toEqual({ kind: "locked" });
    vi.useRealTimers();
  });

  it("counts and shows what arrives", async () => {
    const far = new FarEnd();
    far.answers["chats"] = [chat("1", "Bob"), chat("2", "Carla", { beganAt: 3 })];
    const app = await started(far);
    expect(app.sorted[0]?.title).toBe("Carla");
    far.tell({ kind: "messageArrived", message: message("m", "1") });
    await settled();
    expect(app.sorted[0]?.title).toBe("Bob");
    expect(app.unread).toBe(1);
  });

  it("keeps a draft when the core goes away, and takes calls again when it is back", async () => {
    const far = new FarEnd();
    const app = await started(far);
    app.drafts.set("1", "half a sent");
    far.events.closed();
    expect(app.there).toBe(false);
    await expect(app.call("chats", {})).rejects.toBeInstanceOf(Away);
    far.events.opened();
    await settled();
    expect(app.there).toBe(true);
    expect(app.drafts.get("1")).toBe("half a sent");
  });

  it("fails what was under way when the core went away", async () => {
    const far = new FarEnd();
    const app = await started(far);
    const call = app.call("sendText", { chat: "1", text: "x", replyTo: null });
    far.events.closed();
    await expect(call).rejects.toBeInstanceOf(Away);
  });

  it("forgets everything when the vault is locked", async () => {
    const far = new FarEnd();
    far.answers["chats"] = [chat("1", "Bob")];
    const app = await started(far);
    far.tell({ kind: "profileChanged", profile: { kind: "locked" } });
    await settled();
    expect(app.profile?.kind).toBe("locked");
    expect(app.sorted).toEqual([]);
  });

  it("reads again what it has missed", async () => {
    const far = new FarEnd();
    const app = await started(far);
    far.answers["chats"] = [chat("9", "New")];
    far.tell({ kind: "missed" });
    await settled();
    expect(app.sorted.map((one) => one.id)).toEqual(["9"]);
  });
});

describe("what the core says by itself", () => {
  it("comes in bundles, each in the order in which it was said", async () => {
    const heard: string[] = [];
    const far = new FarEnd();
    far.answers["chats"] = [chat("1", "Bob")];
    await started(far, (one) => heard.push(one.id));
    for (const id of ["a", "b", "c"]) far.tell({ kind: "messageArrived", message: message(id, "1") });
    expect(heard).toEqual([]);
    await vi.waitFor(() => expect(heard).toEqual(["a", "b", "c"]), PATIENCE);
    far.tell({ kind: "messageArrived", message: message("d", "1") });
    await vi.waitFor(() => expect(heard).toEqual(["a", "b", "c", "d"]), PATIENCE);
  });

  it("is not overtaken by an answer, nor by the news that the core is gone", async () => {
    const heard: string[] = [];
    const far = new FarEnd();
    far.answers["chats"] = [chat("1", "Bob")];
    const app = await started(far, (one) => heard.push(one.id));
    const call = app.call("profile", {});
    far.tell({ kind: "messageArrived", message: message("a", "1") });
    await call;
    expect(heard).toEqual(["a"]);
    far.tell({ kind: "messageArrived", message: message("b", "1") });
    far.events.closed();
    expect(heard).toEqual(["a", "b"]);
  });
});

describe("finding a chat", () => {
  it("folds accents and case, and wants every word", () => {
    const chats = [chat("1", "Chloé Lefèvre"), chat("2", "Clément")];
    expect(matching(chats, "LEFEVRE chl").map((one) => one.id)).toEqual(["1"]);
    expect(matching(chats, " ").length).toBe(2);
  });
});

describe("what went wrong", () => {
  it("is said in the reader's language", () => {
    words.language = "fr";
    expect(sentenceFor(new Refused("NameTaken", "taken"))).toBe(
      "Ce nom d’utilisateur est pris. Choisissez-en un autre.",
    );
    expect(sentenceFor(new Refused("Brandnew", "odd"))).toContain("odd");
  });

  it("is so when nothing was asked for, too", async () => {
    words.language = "fr";
    const far = new FarEnd();
    const app = await started(far);
    far.tell({ kind: "problem", error: "RelayFull", sentence: "The relay https://r refused (full): no." });
    await settled();
    expect(app.notes.map((note) => note.text)).toEqual(["Il n’y a pas de place pour cela sur le relais."]);
  });
});
