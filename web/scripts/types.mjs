// Writes src/contract/types.ts from src/contract/schema.json; with --check only says whether it is stale.
import { readFile, writeFile } from "node:fs/promises";
import { compile } from "json-schema-to-typescript";

const here = new URL("../src/contract/", import.meta.url);
const { $defs, event, failure, methods } = JSON.parse(await readFile(new URL("schema.json", here), "utf8"));

const pair = ({ params, result }) => ({
  type: "object",
  properties: { params, result },
  required: ["params", "result"],
  additionalProperties: false,
});
const names = Object.keys(methods);
const root = {
  title: "Contract",
  type: "object",
  properties: {
    event,
    failure,
    methods: {
      type: "object",
      properties: Object.fromEntries(names.map((name) => [name, pair(methods[name])])),
      required: names,
      additionalProperties: false,
    },
  },
  required: ["event", "failure", "methods"],
  additionalProperties: false,
  $defs,
};

const made = await compile(root, "Contract", {
  additionalProperties: false,
  bannerComment: "/* Generated from schema.json by `npm run types`: change the methods in src/havre/desk, not this. */",
  format: true,
  style: { printWidth: 120 },
});
const target = new URL("types.ts", here);
if (process.argv.includes("--check")) {
  if ((await readFile(target, "utf8").catch(() => "")) !== made) {
    console.error("web/src/contract/types.ts is stale: run `make contract` and commit it");
    process.exit(1);
  }
} else {
  await writeFile(target, made);
}
