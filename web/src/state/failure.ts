// What went wrong, in the reader's language.
import { Away, Refused } from "../contract/rpc";
import type { Key } from "../words/en";
import { en } from "../words/en";
import { t } from "../words/words.svelte";

/** The sentence for an error of a call: our own words for its kind, else the core's. */
export function sentenceFor(error: unknown): string {
  if (error instanceof Away) return t("errorAway");
  if (error instanceof Refused) return sentenceOf(error.kind, error.message);
  return t("errorUnknown", { sentence: error instanceof Error ? error.message : String(error) });
}

/** The sentence for a kind of error that the core names. */
export function sentenceOf(kind: string, sentence: string): string {
  const key = `error${kind}`;
  return t(key in en ? (key as Key) : "errorUnknown", { sentence });
}
