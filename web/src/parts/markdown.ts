// Markdown of a message to HTML that can do nothing: no scripts, styles, pictures, frames or forms, whatever was written.
import DOMPurify from "dompurify";
import { Marked } from "marked";

const marked = new Marked({
  gfm: true,
  breaks: true,
  renderer: {
    html: ({ text }) => escaped(text),
    image: ({ text, href }) => escaped(text || href),
    heading({ tokens }) {
      return `<p><strong>${this.parser.parseInline(tokens)}</strong></p>`;
    },
  },
});

const ALLOWED = {
  ALLOWED_TAGS: [
    "p",
    "br",
    "strong",
    "em",
    "del",
    "code",
    "pre",
    "blockquote",
    "ul",
    "ol",
    "li",
    "a",
    "hr",
    "table",
    "thead",
    "tbody",
    "tr",
    "th",
    "td",
  ],
  ALLOWED_ATTR: ["href", "start"],
  ALLOWED_URI_REGEXP: /^(?:https?|mailto|tel|havre):/i,
};

DOMPurify.addHook("afterSanitizeAttributes", (node) => {
  if (node.tagName === "A") {
    node.setAttribute("target", "_blank");
    node.setAttribute("rel", "noopener noreferrer nofollow");
  }
  if (node.tagName === "PRE") node.setAttribute("tabindex", "0"); // it scrolls
});

/** What turns the direction of the words around it: the core takes it out of texts, but not where it is spelt as HTML. */
const TURNING = /[\u202a-\u202e\u2066-\u2069]/g;

/** Signs without which nothing is Markdown that changes the text itself. */
const MARKED = /[*_`~#>[\]<&|\\=+-]|^\s*\d+[.)]/m;

/** What becomes a link, a line or a paragraph of its own without any of these signs. */
const SHAPED = /:\/\/|www\.|@|\n|^\s|\s$|\s\s/i;

export function rendered(text: string): string {
  if (!MARKED.test(text) && !SHAPED.test(text)) return `<p>${escaped(text)}</p>\n`.replace(TURNING, ""); // most messages
  return DOMPurify.sanitize(marked.parse(text, { async: false }), ALLOWED).replace(TURNING, "");
}

/** The text alone, for one line of a list or a screen reader. */
export function plain(text: string): string {
  if (!MARKED.test(text)) return text.replace(/\s+/g, " ").trim();
  const holder = new DOMParser().parseFromString(rendered(text), "text/html");
  return (holder.body.textContent ?? "").replace(/\s+/g, " ").trim();
}

function escaped(text: string): string {
  return text.replace(/[&<>"']/g, (sign) => `&#${sign.charCodeAt(0)};`);
}
