import { existsSync } from "node:fs";

/** Prints one line a check and remembers whether any failed. */
export class Report {
  failed = 0;
  passed = 0;

  /** @param {string} what the check @param {string[] | string | boolean} wrong empty, "" or false when it holds */
  check(what, wrong) {
    const lines = Array.isArray(wrong) ? wrong : wrong ? [wrong === true ? "does not hold" : wrong] : [];
    if (lines.length === 0) {
      this.passed += 1;
      console.log(`ok    ${what}`);
      return;
    }
    this.failed += 1;
    console.log(`FAIL  ${what}`);
    for (const line of lines) console.log(`      ${line}`);
  }

  /** Sets the exit code; a run that checked nothing is a failure. */
  close() {
    console.log(`${this.passed} held, ${this.failed} did not`);
    process.exitCode = this.failed || !this.passed ? 1 : 0;
  }
}

/** The command line, whose first word is a built folder, or an explanation on stderr and exit code 2. */
export function args(names, rest) {
  const given = process.argv.slice(2);
  if (given.length < names.length || (given.length > names.length && !rest)) {
    const script = process.argv[1].split("/").pop();
    console.error(`usage: node ${script} ${names.join(" ")}${rest ? ` [${rest}]` : ""}`);
    process.exit(2);
  }
  if (!existsSync(given[0])) {
    console.error(`error: no folder ${given[0]}`);
    process.exit(2);
  }
  return given;
}
