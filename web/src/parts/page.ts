// Small things that a page asks of the browser.
import { Refused } from "../contract/rpc";
import type { Failure, Upload } from "../contract/types";
import type { AppState } from "../state/app.svelte";
import { t } from "../words/words.svelte";

/** Has the browser save what the core has put at an address. */
export function save(address: string, name: string): void {
  const link = document.createElement("a");
  link.href = address;
  link.download = name;
  link.click();
}

/** Puts a text where it can be pasted from, and says so; tells whether the browser has let it. */
export async function copy(app: AppState, text: string): Promise<boolean> {
  try {
    await navigator.clipboard.writeText(text);
  } catch {
    app.note(t("copyRefused"));
    return false;
  }
  app.announced = t("copied");
  return true;
}

/** Hands a file to the core, and returns the name under which a method finds it. */
export async function bring(file: File): Promise<string> {
  const answer = await fetch("/uploads", { method: "POST", body: file });
  const said = (await answer.json()) as Upload | Failure;
  if (said.kind === "failure") throw new Refused(said.error, said.sentence);
  return said.upload;
}
