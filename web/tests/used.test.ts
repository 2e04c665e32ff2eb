import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { en } from "../src/words/en";

const SOURCE = join(import.meta.dirname, "../src");

/** Everything that is written by hand and is not itself the list of what there is. */
const source = readdirSync(SOURCE, { recursive: true, encoding: "utf8" })
  .filter((path) => /\.(ts|svelte)$/.test(path) && !/(words\/(en|fr)|contract\/types)\.ts$/.test(path))
  .map((path) => readFileSync(join(SOURCE, path), "utf8"))
  .join("\n");

/** What happens to a chat and what goes wrong is put together from the core's own names (`notice.ts`, `failure.ts`). */
const COMPOSED = /^(notice|error)[A-Z]/;

/** What can go wrong before there is a page, or for who runs a relay; a refusal is named by its code. */
const AT_START = ["AppUnreachable", "PortTaken", "NoPage", "RelayDamaged", "RelayRefused"];

/** Every way in which a relay says no. */
function codes(): string[] {
  const text = readFileSync(join(SOURCE, "../../src/havre/wire/refusals.py"), "utf8");
  return [...text.matchAll(/^ {4}[A-Z_]+ = "([\w-]+)"$/gm)].map((found) => found[1] ?? "");
}

describe("nothing is there in vain", () => {
  it("uses every word", () => {
    const unused = Object.keys(en).filter((key) => !COMPOSED.test(key) && !source.includes(`"${key}"`));
    expect(unused).toEqual([]);
  });

  it("calls every method of the contract", () => {
    const schema = readFileSync(join(SOURCE, "contract/schema.json"), "utf8");
    const { methods } = JSON.parse(schema) as { methods: Record<string, unknown> };
    const uncalled = Object.keys(methods).filter((name) => !new RegExp(`\\bcall\\(\\s*"${name}"`).test(source));
    expect(uncalled).toEqual([]);
  });

  it("has words for every kind of error that the core names, and for no other", () => {
    const core = ["client", "desk"].map((part) => join(SOURCE, "../../src/havre", part));
    const python = core.flatMap((folder) =>
      readdirSync(folder, { recursive: true, encoding: "utf8" })
        .filter((path) => path.endsWith(".py"))
        .map((path) => readFileSync(join(folder, path), "utf8")),
    );
    const all = python.join("\n");
    const named = (pattern: RegExp): string[] => [...all.matchAll(pattern)].map((found) => found[1] ?? "");
    const kinds = [
      ...named(/^class (\w+)\((?:HavreError|NoRelay)\)/gm).filter((kind) => !AT_START.includes(kind)),
      ...named(/\bsaid\(\s*"(\w+)"/g),
      ...codes().map((code) => `Relay${code.replace(/(?:^|-)(\w)/g, (_, letter: string) => letter.toUpperCase())}`),
    ];
    const wanted = [...new Set([...kinds, "Away", "Fault", "Params", "Unknown"])];
    const worded = Object.keys(en).filter((key) => /^error[A-Z]/.test(key));
    expect(worded.sort()).toEqual(wanted.map((kind) => `error${kind}`).sort());
  });
});
