import { describe, expect, it, vi } from "vitest";
import type { Preview } from "../src/contract/types";
import { Conversation } from "../src/state/conversation.svelte";
import { firstLink, site } from "../src/state/links";
import { completed, meant, mentionAt } from "../src/state/mentions";
import { localMoment } from "../src/state/moments";
import { chosen, copied, toggled } from "../src/state/selection";
import { closed } from "../src/state/writing";
import { chat, FarEnd, message, settled, started } from "./far_end";

describe("naming somebody", () => {
  it("begins with @ at the beginning of a word", () => {
    expect(mentionAt("ask @Zo", 7)).toEqual({ from: 4, to: 7, query: "Zo" });
    expect(mentionAt("@", 1)).toEqual({ from: 0, to: 1, query: "" });
    expect(mentionAt("zoe@example", 11)).toBeNull();
    expect(mentionAt("@Zoé\nand", 8)).toBeNull();
    expect(mentionAt("no one", 6)).toBeNull();
  });

  it("offers those with a word that begins so, whatever the accents", () => {
    const names = ["Zoé Martin", "Bob", "Martine", "Émile Zola"];
    expect(meant(names, "mar")).toEqual(["Zoé Martin", "Martine"]);
    expect(meant(names, "zo")).toEqual(["Zoé Martin", "Émile Zola"]);
    expect(meant(names, "x")).toEqual([]);
  });

  it("puts the whole name in the place of what was written of it", () => {
    const text = "ask @zo please";
    const begun = mentionAt(text, 7);
    expect(begun && completed(text, begun, "Zoé")).toEqual({ text: "ask @Zoé please", caret: 9 });
  });
});

describe("a link in what is written", () => {
  it("is found without the sentence's end", () => {
    expect(firstLink("see https://example.org/a?b=1, or not")).toBe("https://example.org/a?b=1");
    expect(firstLink("(http://example.org)")).toBe("http://example.org");
    expect(firstLink("example.org")).toBeNull();
    expect(site("https://example.org/a")).toBe("example.org");
  });
});

describe("what goes along with a message", () => {
  const preview: Preview = { link: "https://a.example", title: "A", description: "", picture: "" };

  it("goes with one message alone", async () => {
    const conversation = new Conversation(await started(new FarEnd()), "1");
    conversation.replyTo = message("m", "1");
    conversation.preview = preview;
    expect(conversation.takeAlong("https://a.example")).toEqual({ replyTo: "m", preview, once: false });
    expect(conversation.takeAlong("https://a.example")).toEqual({ replyTo: null, preview: null, once: false });
  });

  it("leaves a preview behind whose link is gone", async () => {
    const conversation = new Conversation(await started(new FarEnd()), "1");
    conversation.preview = preview;
    expect(conversation.takeAlong("https://b.example").preview).toBeNull();
  });
});

describe("several messages at once", () => {
  const messages = [message("a", "1", { at: 1 }), message("b", "1", { at: 2 }), message("c", "1")];

  it("are chosen and let go one by one", () => {
    const two = toggled(toggled(new Set(), "b"), "a");
    expect(chosen(messages, two).map((one) => one.id)).toEqual(["a", "b"]);
    expect(chosen(messages, toggled(two, "b")).map((one) => one.id)).toEqual(["a"]);
    expect(chosen(messages, null)).toEqual([]);
  });

  it("are copied with who said them, one alone as it stands", () => {
    const says = (): string => "?";
    expect(copied(messages.slice(0, 1), says, String)).toBe("hello");
    expect(copied(messages.slice(0, 2), says, String)).toBe("[1] Bob: hello\n[2] Bob: hello");
  });

  it("are let go of when they disappear", async () => {
    const conversation = new Conversation(await started(new FarEnd()), "1");
    conversation.selected = new Set(["a", "b"]);
    conversation.drop("a");
    expect([...(conversation.selected ?? [])]).toEqual(["b"]);
  });
});

describe("a chat with many unread messages", () => {
  it("is read from the first of them on", async () => {
    const far = new FarEnd();
    far.answers["messages"] = [message("old", "1", { unread: false }), message("new", "1")];
    far.answers["pinned"] = [];
    const conversation = new Conversation(await started(far), "1");
    await conversation.load(200);
    expect(far.sent.find((call) => call.method === "messages")?.params["limit"]).toBe(201);
    expect(conversation.rows.map((row) => row.kind)).toEqual(["day", "message", "unread", "message"]);
  });
});

describe("a moment in a field", () => {
  it("is the reader's own, to the minute", () => {
    expect(localMoment(new Date(2026, 0, 5, 7, 9).getTime())).toBe("2026-01-05T07:09");
  });
});

describe("whether one may write", () => {
  it("has a sentence for each reason why not", () => {
    expect(closed(chat("1", "Bob"), "yes")).toBeNull();
    expect(closed(chat("1", "Bob"), "blocked")).toBe("youBlocked");
    expect(closed(chat("1", "Choir"), "admins")).toBe("adminsWrite");
    expect(closed(chat("1", "Choir", { standing: "waiting" }), "out")).toBe("waitingToEnter");
    expect(closed(chat("1", "Choir", { standing: "removed" }), "yes")).toBe("outOf");
    expect(closed(chat("1", "Bob", { standing: "gone" }), "out")).toBe("accountGone");
  });

  it("is asked again when the open chat has changed, and stays while the core is away", async () => {
    const far = new FarEnd();
    const choir = chat("1", "Choir", { kind: "group" });
    [far.answers["chats"], far.answers["messages"], far.answers["mayWrite"]] = [[choir], [], "yes"];
    const app = await started(far);
    void app.openChat("1");
    await settled();
    expect(app.open?.mayWrite).toBe("yes");
    far.answers["mayWrite"] = "admins";
    far.tell({ kind: "chatChanged", chat: choir });
    await vi.waitFor(() => expect(app.open?.mayWrite).toBe("admins"), { timeout: 60_000 });
    far.events.closed();
    await app.open?.askWhoWrites();
    expect(app.open?.mayWrite).toBe("admins");
  });
});
