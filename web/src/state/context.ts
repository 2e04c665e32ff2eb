// The one app state of this window, for pages and parts.
import { getContext, setContext } from "svelte";
import type { AppState } from "./app.svelte";
import type { Preferences } from "./preferences.svelte";

export interface Shared {
  app: AppState;
  preferences: Preferences;
}

const KEY = Symbol("havre");

export function provide(window: Shared): void {
  setContext(KEY, window);
}

export function use(): Shared {
  return getContext<Shared>(KEY);
}
