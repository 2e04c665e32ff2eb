// What happened to a chat, in the reader's language.
import type { NoticeBody } from "../contract/types";
import type { Key } from "../words/en";
import { en } from "../words/en";
import { t, words } from "../words/words.svelte";

export function noticed(body: NoticeBody): string {
  const key = keyOf(body);
  if (key === undefined) return body.sentence;
  const fill = { who: called(body.who), whom: list(body.whom.map(called)), detail: body.detail };
  const said = t(key, { ...fill, time: words.span(body.number) });
  return said.charAt(0).toLocaleUpperCase(words.locale) + said.slice(1);
}

/** The core says "you" of the reader. */
function called(name: string): string {
  return name === "you" ? t("youInside") : name;
}

function keyOf(body: NoticeBody): Key | undefined {
  const off = ["timer", "link", "home"].includes(body.what) && body.number === 0;
  const name = `notice${body.what.charAt(0).toUpperCase()}${body.what.slice(1)}`;
  const key = off ? `${name}${body.what === "timer" ? "Off" : "Closed"}` : name;
  return key in en ? (key as Key) : undefined;
}

function list(names: readonly string[]): string {
  return new Intl.ListFormat(words.locale, { type: "conjunction" }).format(names);
}
