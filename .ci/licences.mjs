// Reads `cargo metadata` on standard input; fails on a dependency whose licence or origin is not allowed.
//
// cargo-deny does this and more, but is compiled from several hundred crates at every fresh gate, and its advisory check
// needs a database that is fetched by git. Neither fits a gate that reaches package registries only, so there is no
// advisory check here.
import { readFileSync } from "node:fs";

const ALLOWED = new Set([
  "0BSD",
  "Apache-2.0",
  "Apache-2.0 WITH LLVM-exception",
  "BSD-2-Clause",
  "BSD-3-Clause",
  "BSL-1.0",
  "CC0-1.0",
  "ISC",
  "MIT",
  "MIT-0",
  "Unicode-3.0",
  "Unlicense",
  "Zlib",
]);

/** Crates under a licence that binds their own files only, each with the reason why that is no burden. */
const EXCEPTIONS = new Map([]);

/** Whether an SPDX expression can be met with allowed licences; `/` is the old way to write OR. */
function satisfied(expression, allowed) {
  const tokens = expression.replaceAll("/", " OR ").match(/\(|\)|[^\s()]+/g) ?? [];
  let at = 0;

  function either() {
    let value = both();
    while (tokens[at] === "OR") {
      at += 1;
      value = both() || value;
    }
    return value;
  }

  function both() {
    let value = one();
    while (tokens[at] === "AND") {
      at += 1;
      value = one() && value;
    }
    return value;
  }

  function one() {
    if (tokens[at] === "(") {
      at += 1;
      const value = either();
      if (tokens[at] !== ")") throw new Error(`unreadable licence: ${expression}`);
      at += 1;
      return value;
    }
    let name = tokens[at];
    at += 1;
    if (tokens[at] === "WITH") {
      name += ` WITH ${tokens[at + 1]}`;
      at += 2;
    }
    return allowed(name);
  }

  const value = either();
  if (at !== tokens.length) throw new Error(`unreadable licence: ${expression}`);
  return value;
}

function faults(dependency) {
  const { name, version, license, source, dependencies } = dependency;
  const allowed = (id) => ALLOWED.has(id) || EXCEPTIONS.get(name)?.licence === id;
  const found = [];
  if (!license) found.push("states no licence");
  else if (!satisfied(license, allowed)) found.push(`licence ${license} is not allowed`);
  // A git source can change under its name; a registry's package cannot.
  if (source && !source.startsWith("registry+")) found.push(`comes from ${source}`);
  if (!source && dependencies.some((d) => d.req === "*" && d.source)) found.push("depends on any version of something");
  return found.map((fault) => `${name} ${version}: ${fault}`);
}

const { packages } = JSON.parse(readFileSync(0, "utf8"));
const found = packages.flatMap(faults);
const registries = new Set(packages.map((p) => p.source).filter(Boolean));
if (registries.size > 1) found.push(`more than one registry: ${[...registries].join(", ")}`);
for (const name of EXCEPTIONS.keys()) {
  if (!packages.some((p) => p.name === name)) found.push(`${name}: an exception for what is no dependency`);
}
for (const line of found) console.error(`error: ${line}`);
console.log(`${packages.length} packages, ${found.length} not allowed`);
process.exitCode = found.length || packages.length < 2 ? 1 : 0;
