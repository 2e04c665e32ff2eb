// What a file may be shown as. The core decides by its bytes what it hands out to be shown; this only guesses beforehand.
import type { FileBody, LocationBody, Message } from "../contract/types";

export type Look = "picture" | "film" | "sound" | "pages" | "none";

const PICTURES = new Set(["image/png", "image/jpeg", "image/gif", "image/webp", "image/avif"]);
/** Systems call one kind of film or sound by many names: what cannot be played after all is still there to be saved. */
const FILMS = new Set(["mp4", "webm", "quicktime", "m4v", "matroska", "3gpp"].map((name) => `video/${name}`));
const SOUNDS = new Set(
  [
    "ogg",
    "opus",
    "mpeg",
    "mp3",
    "aac",
    "flac",
    "wav",
    "wave",
    "vnd.wave",
    "webm",
    "mp4",
    "m4a",
    "mp4a-latm",
    "3gpp",
  ].map((name) => `audio/${name}`),
);

/** Bytes up to which a picture is fetched without being asked for. */
const SMALL = 20_000_000;
/** Bytes up to which a PDF file is shown. */
const LARGE = 100_000_000;

export function looksLike(body: FileBody): Look {
  const type = body.mediaType.split(";")[0]?.trim().toLowerCase().replace("/x-", "/") ?? "";
  if (PICTURES.has(type)) return body.size <= SMALL ? "picture" : "none";
  if (FILMS.has(type)) return "film";
  if (type === "application/pdf") return body.size <= LARGE ? "pages" : "none";
  return SOUNDS.has(type) ? "sound" : "none";
}

export function address(message: Pick<Message, "chat" | "id">): string {
  return `/files/${message.chat}/${message.id}`;
}

/** A map of a place, for whoever wants to see it there. */
export function mapOf({ latitude, longitude }: LocationBody): string {
  return `https://www.openstreetmap.org/?mlat=${latitude}&mlon=${longitude}#map=16/${latitude}/${longitude}`;
}
