// What keys do anywhere in the window; `?` lists them.
import type { AppState } from "../state/app.svelte";
import type { Key } from "../words/en";

export const SHORTCUTS: readonly { keys: string; does: Key }[] = [
  { keys: "Ctrl K", does: "shortcutSearch" },
  { keys: "Ctrl Alt N", does: "shortcutNew" },
  { keys: "Alt ↓", does: "shortcutNextChat" },
  { keys: "Alt ↑", does: "shortcutPreviousChat" },
  { keys: "Esc", does: "shortcutClose" },
  { keys: "Shift F10", does: "shortcutMenu" },
  { keys: "Enter", does: "shortcutSend" },
  { keys: "Shift Enter", does: "shortcutLine" },
  { keys: "↑", does: "shortcutEdit" },
  { keys: "?", does: "shortcutHelp" },
];

export function shortcut(app: AppState, event: KeyboardEvent): void {
  if (app.dialog !== null) return;
  const does = chosen(app, event);
  if (does === undefined) return;
  event.preventDefault();
  does();
}

function chosen(app: AppState, event: KeyboardEvent): (() => void) | undefined {
  const control = event.ctrlKey || event.metaKey;
  if (control && event.key === "k") return () => document.getElementById("search")?.focus();
  if (control && event.altKey && event.code === "KeyN") return () => (app.dialog = { kind: "add" });
  if (event.altKey && event.key === "ArrowDown") return () => void app.step(1);
  if (event.altKey && event.key === "ArrowUp") return () => void app.step(-1);
  const open = app.open;
  if (event.key === "Escape" && open !== null && open.selected !== null) return () => (open.selected = null);
  if (event.key === "Escape") return () => app.closeChat();
  if (event.key === "?" && !isTyping(event.target)) return () => (app.dialog = { kind: "shortcuts" });
  return undefined;
}

function isTyping(target: EventTarget | null): boolean {
  return target instanceof HTMLInputElement || target instanceof HTMLTextAreaElement;
}
