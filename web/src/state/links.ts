// Links in what is written, and in what is being written: the core would ask the first of those what it is.
const LINK = /https?:\/\/[^\s<>"'\])]+/gi;

/** All links of a text, each once. */
export function links(text: string): string[] {
  return [...new Set((text.match(LINK) ?? []).map((link) => link.replace(/[.,;:!?*_~`]+$/, "")))];
}

export function firstLink(text: string): string | null {
  return links(text)[0] ?? null;
}

/** The site that a link leads to. */
export function site(link: string): string {
  return URL.canParse(link) ? new URL(link).host : link;
}
