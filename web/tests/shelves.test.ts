import { describe, expect, it, vi } from "vitest";
import { looksLike } from "../src/parts/media";
import { shelfOf } from "../src/state/shelves.svelte";
import { FarEnd, message, started } from "./far_end";

const PATIENCE = { timeout: 60_000 };

const file = (id: string, mediaType: string) =>
  message(id, "1", { body: { kind: "file", name: id, size: 1, mediaType, picture: null } });

describe("what was sent in a chat", () => {
  it("lies on the shelf that it belongs on", () => {
    expect(shelfOf(file("a", "image/png"))).toBe("media");
    expect(shelfOf(file("a", "Video/mp4; codecs=x"))).toBe("media");
    expect(shelfOf(file("a", "audio/ogg"))).toBe("audio");
    expect(shelfOf(file("a", "application/pdf"))).toBe("files");
    expect(shelfOf(message("a", "1"))).toBeNull();
  });

  it("is played where a browser may be able to, whatever its system calls it", () => {
    const looks = (mediaType: string) => looksLike({ kind: "file", name: "a", size: 1, mediaType, picture: null });
    expect(["audio/x-wav", "audio/mpeg", "audio/x-m4a", "Audio/Ogg; codecs=opus"].map(looks)).toEqual(
      Array(4).fill("sound"),
    );
    expect(["video/quicktime", "video/x-matroska", "video/mp4"].map(looks)).toEqual(Array(3).fill("film"));
    expect(["image/svg+xml", "text/html", "audio/midi"].map(looks)).toEqual(Array(3).fill("none"));
  });

  it("is read until there is enough of it, follows what happens, and leads back from a picture", async () => {
    const far = new FarEnd();
    const app = await started(far);
    app.shelve("1");
    far.answers["shared"] = { messages: [file("b", "image/png")], more: null };
    await app.shelves?.bring();
    expect(app.shelves?.read.get("media")?.messages.map((one) => one.id)).toEqual(["b"]);
    far.tell({ kind: "messageArrived", message: file("c", "image/png") });
    far.tell({ kind: "messageArrived", message: file("d", "text/plain") });
    const media = () => app.shelves?.read.get("media")?.messages.map((one) => one.id);
    await vi.waitFor(() => expect(media()).toEqual(["c", "b"]), PATIENCE);
    far.tell({ kind: "messageChanged", message: message("c", "1", { body: { kind: "deleted", name: "Bob" } }) });
    await vi.waitFor(() => expect(media()).toEqual(["b"]), PATIENCE);
    app.dialog = { kind: "gallery", chat: "1", message: "b" };
    app.close("gallery");
    expect(app.dialog).toEqual({ kind: "shared", chat: "1" });
    app.close("gallery");
    expect(app.dialog).toEqual({ kind: "shared", chat: "1" });
    app.close("shared");
    expect([app.dialog, app.shelves]).toEqual([null, null]);
  });

  it("goes on reading behind what was passed over", async () => {
    const far = new FarEnd();
    const app = await started(far);
    app.shelve("1");
    far.answers["shared"] = { messages: [], more: "x" };
    void app.shelves?.bring();
    far.answers["shared"] = { messages: [file("b", "image/png")], more: null };
    await app.shelves?.bring();
    const asked = far.sent.filter((call) => call.method === "shared").map((call) => call.params["before"]);
    expect(app.shelves?.read.get("media")).toEqual({ messages: [expect.objectContaining({ id: "b" })], more: null });
    expect(asked[0]).toBeNull();
  });
});
