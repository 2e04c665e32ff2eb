import { describe, expect, it } from "vitest";
import { plain, rendered } from "../src/parts/markdown";

describe("a message's Markdown", () => {
  it("becomes simple HTML", () => {
    expect(rendered("**a** _b_ `c`")).toBe("<p><strong>a</strong> <em>b</em> <code>c</code></p>\n");
  });

  it("is the same for plain words, for which nothing is parsed", () => {
    const words = 'It’s 3.5 km, isn\'t it? "Yes" – à 9 h';
    const [quick, slow] = [rendered(words), rendered(`${words} **x**`)].map((html) => {
      const holder = document.createElement("div");
      holder.innerHTML = html;
      return holder.textContent?.trim();
    });
    expect(slow).toBe(`${quick} x`);
    expect(quick).toBe(words);
  });

  it("turns no words around, however that is spelt", () => {
    expect(plain("&#x202e;**gpj**.exe &#8295;")).toBe("gpj.exe");
  });

  it.each([
    "<script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    "![pixel](https://spy.example/p.png)",
    "<iframe src='https://evil.example'></iframe>",
    "<svg onload=alert(1)>",
    "<style>*{display:none}</style>",
    "<form action='https://evil.example'><input></form>",
    "[x](javascript:alert(1))",
    "[x](data:text/html,<script>alert(1)</script>)",
    "<a href='x' style='position:fixed' onclick='alert(1)'>y</a>",
  ])("can do nothing: %s", (text) => {
    const holder = document.createElement("div");
    holder.innerHTML = rendered(text);
    const tags = [...holder.querySelectorAll("*")];
    expect(tags.map((tag) => tag.tagName).filter((tag) => !["P", "A", "EM", "STRONG", "BR"].includes(tag))).toEqual([]);
    for (const tag of tags) {
      expect(
        [...tag.attributes]
          .map((attribute) => attribute.name)
          .filter((name) => !["href", "target", "rel"].includes(name)),
      ).toEqual([]);
      expect(tag.getAttribute("href") ?? "https:").toMatch(/^https?:/);
    }
  });

  it("opens links elsewhere and tells them nothing", () => {
    expect(rendered("https://example.org")).toContain('rel="noopener noreferrer nofollow"');
  });

  it("is one line for a list", () => {
    expect(plain("# Head\n\n- **a**\n- b & <c>")).toBe("Head a b & <c>");
  });
});
