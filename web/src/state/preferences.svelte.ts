// What this browser remembers: language and appearance, nothing about anybody.
import { type Language, preferred, words } from "../words/words.svelte";

/** How much a notification says. */
export type Notify = "all" | "bare" | "none";
export type Theme = "system" | "light" | "dark";

export class Preferences {
  theme = $state<Theme>("system");
  notify = $state<Notify>("none");

  constructor(
    private readonly storage: Pick<Storage, "getItem" | "setItem">,
    languages: readonly string[],
  ) {
    const [language, theme] = [storage.getItem("havre.language"), storage.getItem("havre.theme")];
    words.language = language === "en" || language === "fr" || language === "mirror" ? language : preferred(languages);
    const notify = storage.getItem("havre.notify");
    this.notify = notify === "all" || notify === "bare" ? notify : "none";
    words.regions = languages;
    this.theme = theme === "light" || theme === "dark" ? theme : "system";
  }

  speak(language: Language): void {
    words.language = language;
    this.storage.setItem("havre.language", language);
  }

  notifying(notify: Notify): void {
    this.notify = notify;
    this.storage.setItem("havre.notify", notify);
  }

  wear(theme: Theme): void {
    this.theme = theme;
    this.storage.setItem("havre.theme", theme);
  }
}
