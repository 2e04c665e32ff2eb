// One line that stands for a message: in the list of chats, in a quote, in a notification.
import type { Message } from "../contract/types";
import { t, words } from "../words/words.svelte";
import { plain } from "./markdown";
import { noticed } from "./notice";

const LONGEST = 160;

export function summary(message: Message): string {
  switch (message.body.kind) {
    case "text": {
      const text = message.body.text.slice(0, 4 * LONGEST);
      return (message.body.markdown ? plain(text) : text).slice(0, LONGEST);
    }
    case "file":
      return t("fileLine", { name: message.body.name });
    case "notice":
      return noticed(message.body);
    case "voice":
      return t("voiceNote", { time: words.clock(message.body.milliseconds) });
    case "poll":
      return t("pollLine", { question: message.body.question });
    case "location":
      return t("place", { label: message.body.label || `${message.body.latitude}, ${message.body.longitude}` });
    case "card":
      return t("contactCard", { name: message.body.name });
    case "once":
      return t(message.body.viewed ? "onceViewed" : "onceHidden");
    case "deleted":
      return t("deletedBy", { name: message.body.name });
    case "other":
      return unknown(message.body.mediaType);
  }
}

export function unknown(type: string): string {
  return type === "" ? t("unknownContentBare") : t("unknownContent", { type });
}
