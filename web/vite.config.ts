import { readdirSync, readFileSync } from "node:fs";
import { svelte } from "@sveltejs/vite-plugin-svelte";
import { defineConfig, type Plugin } from "vite";

const PDF = new URL("node_modules/pdfjs-dist/", import.meta.url);
/** Fonts that PDF files only name, tables of scripts, and decoders of rare pictures that run without WebAssembly. */
const BESIDE = { cmaps: /bcmap$/, standard_fonts: /(pfb|ttf)$/, wasm: /fallback\.js$/ };

/** Puts beside the page what few PDF files need; it is fetched when one does. */
const pdfParts: Plugin = {
  name: "pdf-parts",
  generateBundle() {
    for (const [folder, wanted] of Object.entries(BESIDE)) {
      for (const name of readdirSync(new URL(folder, PDF)).filter((one) => wanted.test(one))) {
        const source = readFileSync(new URL(`${folder}/${name}`, PDF));
        this.emitFile({ type: "asset", fileName: `pdf/${folder}/${name}`, source });
      }
    }
  },
};

// The built page lies inside the Python package, so that a wheel carries it and nothing is loaded from elsewhere.
export default defineConfig({
  plugins: [svelte(), pdfParts],
  base: "/",
  build: {
    outDir: "../src/havre/desk/page",
    emptyOutDir: true,
    target: "es2022",
    assetsInlineLimit: 0, // data: scripts and styles are not allowed by the page's policy
    modulePreload: { polyfill: false },
    chunkSizeWarningLimit: 1400, // emoji in one language, what reads PDF files: loaded when they are wanted
    rolldownOptions: { checks: { pluginTimings: false } }, // how long a build took is no news to a newcomer
  },
  resolve: process.env["VITEST"] ? { conditions: ["browser"] } : {}, // Svelte's own code as a browser runs it
  test: { environment: "jsdom", include: ["tests/**/*.test.ts"] },
} as Parameters<typeof defineConfig>[0]);
