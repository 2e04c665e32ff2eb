// The language of the page: words, plurals, dates, sizes. Changeable at once, since everything reads `words.language`.
import { en, type Key, type Plural, type Words } from "./en";
import { fr } from "./fr";

export type Language = "en" | "fr" | "mirror";

/** A language of our own for tests: English words, laid out from right to left. */
const mirror: Words = en;

const ALL: Record<Language, Words> = { en, fr, mirror };

export const LANGUAGES: readonly { id: Language; name: string }[] = [
  { id: "en", name: "English" },
  { id: "fr", name: "Français" },
];

/** The language that suits somebody who prefers these, best first. */
export function preferred(languages: readonly string[]): Language {
  for (const language of languages) {
    const base = language.slice(0, 2).toLowerCase();
    if (base === "fr" || base === "en") return base;
  }
  return "en";
}

const SECOND = 1_000;
const DAY = 86_400_000;
/** Units of what is left, the largest first, each with its milliseconds. */
const UNITS = [
  ["days", DAY],
  ["hours", 3_600_000],
  ["minutes", 60_000],
  ["seconds", SECOND],
] as const;

function unitOf(milliseconds: number): (typeof UNITS)[number] {
  return UNITS.find(([, size]) => milliseconds > size) ?? ["seconds", SECOND];
}

/** Minutes whose words are kept: more than a window shows. */
const KEPT = 2_000;

/** Words each minute once; a long date costs more than the rest of a message's row. */
function byMinute(format: Intl.DateTimeFormat): (at: number) => string {
  const known = new Map<number, string>();
  return (at) => {
    const minute = Math.floor(at / 60_000);
    let said = known.get(minute);
    if (said === undefined) {
      said = format.format(at);
      if (known.size >= KEPT) known.clear();
      known.set(minute, said);
    }
    return said;
  };
}

class WordsState {
  language = $state<Language>("en");
  /** The reader's own regions, best first: how dates and numbers are written where they live. */
  regions = $state.raw<readonly string[]>([]);
  readonly base = $derived(this.language === "mirror" ? "en" : this.language);
  readonly locale = $derived(this.regions.find((region) => region.startsWith(this.base)) ?? this.base);
  readonly direction = $derived(this.language === "mirror" ? "rtl" : "ltr");
  readonly #plurals = $derived(new Intl.PluralRules(this.locale));
  readonly #times = $derived(byMinute(new Intl.DateTimeFormat(this.locale, { hour: "2-digit", minute: "2-digit" })));
  readonly #weekdays = $derived(new Intl.DateTimeFormat(this.locale, { weekday: "long" }));
  readonly #days = $derived(
    new Intl.DateTimeFormat(this.locale, { weekday: "long", day: "numeric", month: "long", year: "numeric" }),
  );
  readonly #dates = $derived(new Intl.DateTimeFormat(this.locale, { dateStyle: "short" }));
  readonly #moments = $derived(
    byMinute(new Intl.DateTimeFormat(this.locale, { dateStyle: "long", timeStyle: "short" })),
  );

  /** The words of a key, with what is between braces filled in; `n` chooses the plural. */
  t(key: Key, fill: Record<string, string | number> = {}): string {
    const found: string | Plural = ALL[this.language][key];
    const text =
      typeof found === "string" ? found : found[this.#plurals.select(Number(fill["n"])) === "one" ? "one" : "other"];
    return text.replace(/\{(\w+)\}/g, (whole, name: string) => {
      const value = fill[name];
      return typeof value === "number" ? value.toLocaleString(this.locale) : (value ?? whole);
    });
  }

  time(at: number): string {
    return this.#times(at);
  }

  moment(at: number): string {
    return this.#moments(at);
  }

  /** A day as a heading: today, yesterday, a weekday of this week, or the date. */
  day(at: number, now: number): string {
    const ago = daysBetween(at, now);
    if (ago === 0) return this.t("today");
    if (ago === 1) return this.t("yesterday");
    return ago > 1 && ago < 7 ? this.#weekdays.format(at) : this.#days.format(at);
  }

  /** When something was, as short as a list needs it. */
  brief(at: number, now: number): string {
    const ago = daysBetween(at, now);
    if (ago === 0) return this.time(at);
    return ago === 1 ? this.t("yesterday") : this.#dates.format(at);
  }

  /** A span of time in the largest unit that divides it. */
  span(seconds: number): string {
    const units = [
      ["weeks", 604_800],
      ["days", 86_400],
      ["hours", 3_600],
      ["minutes", 60],
    ] as const;
    const found = units.find(([, size]) => seconds >= size && seconds % size === 0);
    return found === undefined ? this.t("seconds", { n: seconds }) : this.t(found[0], { n: seconds / found[1] });
  }

  /** How long something stays, in the largest unit of which more than one is left; what has begun counts as whole. */
  left(milliseconds: number): string {
    const [name, size] = unitOf(milliseconds);
    return this.t(name, { n: Math.max(1, Math.ceil(milliseconds / size)) });
  }

  /** After how many milliseconds `left` says something else. */
  leftChanges(milliseconds: number): number {
    const [, size] = unitOf(milliseconds);
    return milliseconds % size > 0 ? milliseconds % size : size;
  }

  /** Minutes and seconds of a recording. */
  clock(milliseconds: number): string {
    const seconds = Math.round(milliseconds / 1000);
    return `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, "0")}`;
  }

  /** About how long a wait is. */
  about(seconds: number): string {
    return seconds < 90
      ? this.t("seconds", { n: Math.max(1, Math.round(seconds)) })
      : this.t("minutes", { n: Math.round(seconds / 60) });
  }

  size(bytes: number): string {
    const units = ["byte", "kilobyte", "megabyte", "gigabyte"] as const;
    let step = 0;
    let amount = bytes;
    while (amount >= 1000 && step < units.length - 1) {
      amount /= 1000;
      step += 1;
    }
    return new Intl.NumberFormat(this.locale, {
      style: "unit",
      unit: units[step] ?? "byte",
      unitDisplay: step === 0 ? "long" : "short", // the short form of byte knows no plural
      maximumFractionDigits: step > 0 && amount < 10 ? 1 : 0,
    }).format(amount);
  }
}

/** Calendar days from one moment to a later one, in the reader's zone. */
export function daysBetween(from: number, to: number): number {
  const [a, b] = [new Date(from), new Date(to)];
  return Math.round(
    (Date.UTC(b.getFullYear(), b.getMonth(), b.getDate()) - Date.UTC(a.getFullYear(), a.getMonth(), a.getDate())) /
      86_400_000,
  );
}

export const words = new WordsState();
export const t = words.t.bind(words);
