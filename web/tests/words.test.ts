import { describe, expect, it } from "vitest";
import { en } from "../src/words/en";
import { fr } from "../src/words/fr";
import { daysBetween, preferred, words } from "../src/words/words.svelte";

const blanks = (text: string): string[] => [...text.matchAll(/\{(\w+)\}/g)].map((found) => found[1] ?? "").sort();
const forms = (value: string | { one: string; other: string }): string[] =>
  typeof value === "string" ? [value] : [value.one, value.other];

describe("the two languages", () => {
  it("have the same keys, none of them empty", () => {
    expect(Object.keys(fr).sort()).toEqual(Object.keys(en).sort());
    for (const value of [...Object.values(en), ...Object.values(fr)]) {
      for (const form of forms(value)) expect(form.trim()).not.toBe("");
    }
  });

  it("fill in the same blanks", () => {
    for (const key of Object.keys(en) as (keyof typeof en)[]) {
      expect(forms(fr[key]).map(blanks), key).toEqual(forms(en[key]).map(blanks));
    }
  });

  it("are not each other's copies", () => {
    const alike = (Object.keys(en) as (keyof typeof en)[]).filter(
      (key) => JSON.stringify(en[key]) === JSON.stringify(fr[key]),
    );
    // A message is a message.
    expect(alike).toEqual(["appName", "writeHint", "sharedAudio", "sharedTile", "storedMessages", "minutes"]);
  });
});

describe("words", () => {
  it("say how long something stays, and when that is over", () => {
    words.language = "en";
    const [second, minute, day] = [1_000, 60_000, 86_400_000];
    const said = [-5, 1, second, 30 * second, minute, minute + 1, 90 * minute, day, 7 * day].map((n) => words.left(n));
    expect(said).toEqual([
      "1 second",
      "1 second",
      "1 second",
      "30 seconds",
      "60 seconds",
      "2 minutes",
      "2 hours",
      "24 hours",
      "7 days",
    ]);
    for (const left of [1, 30 * second, 90 * minute, 7 * day - 1]) {
      const later = left - words.leftChanges(left);
      expect(later <= 0 || words.left(later) !== words.left(left)).toBe(true);
      expect(words.left(later + 1)).toBe(words.left(left));
    }
  });

  it("count as the language does", () => {
    words.language = "en";
    expect(words.t("unread", { n: 0 })).toBe("0 unread messages");
    expect(words.t("unread", { n: 1 })).toBe("1 unread message");
    words.language = "fr";
    expect(words.t("unread", { n: 0 })).toBe("0 message non lu");
    expect(words.t("unread", { n: 2 })).toBe("2 messages non lus");
  });

  it("name days as people do", () => {
    words.language = "fr";
    const now = new Date(2026, 5, 10, 0, 5).getTime();
    expect(words.day(now - 60_000, now)).toBe("Aujourd’hui");
    expect(words.day(now - 10 * 60_000, now)).toBe("Hier");
    expect(words.day(now - 3 * 86_400_000, now)).toBe("dimanche");
    expect(words.day(now - 40 * 86_400_000, now)).toContain("2026");
  });

  it("write sizes in the reader's units", () => {
    words.language = "fr";
    expect(words.size(2_500_000).replace(/\s/g, " ")).toBe("2,5 Mo");
    words.language = "en";
    expect(words.size(999).replace(/\s/g, " ")).toBe("999 bytes");
  });

  it("choose by what the browser prefers", () => {
    expect(preferred(["de-DE", "fr-CA", "en"])).toBe("fr");
    expect(preferred(["ja"])).toBe("en");
  });

  it("count days by the calendar, over the change of summer time, too", () => {
    expect(daysBetween(new Date(2026, 2, 28, 23, 59).getTime(), new Date(2026, 2, 29, 0, 1).getTime())).toBe(1);
  });
});
