// Whether one may write in a chat, and the sentence that stands in the composer's place where one may not.
import type { Chat, Contract } from "../contract/types";
import type { Key } from "../words/en";

export type MayWrite = Contract["methods"]["mayWrite"]["result"];

const CLOSED: Record<Exclude<MayWrite, "yes">, Key> = {
  admins: "adminsWrite",
  owner: "ownerWrites",
  blocked: "youBlocked",
  out: "outOf",
};

/** The words for why nothing can be written in a chat; null: it can. */
export function closed(chat: Chat | undefined, mayWrite: MayWrite): Key | null {
  if (chat?.standing === "waiting") return "waitingToEnter";
  if (chat?.standing === "gone") return "accountGone";
  if (chat !== undefined && chat.standing !== "accepted") return "outOf";
  return mayWrite === "yes" ? null : CLOSED[mayWrite];
}
