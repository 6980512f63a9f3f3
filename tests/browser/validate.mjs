import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { HtmlValidate, StaticConfigLoader } from "html-validate";
import { Report, args } from "./report.mjs";
import { files } from "./site.mjs";

const [folder] = args(["FOLDER"]);
const validator = new HtmlValidate(new StaticConfigLoader({ root: true, extends: ["html-validate:recommended"], rules: {} }));

const report = new Report();
for (const file of (await files(folder)).filter((f) => f.endsWith(".html"))) {
  const { results } = await validator.validateString(await readFile(join(folder, file), "utf8"), file);
  const messages = results.flatMap((r) => r.messages);
  report.check(file, messages.map((m) => `${file}:${m.line}:${m.column} ${m.ruleId}: ${m.message}${m.selector ? ` (${m.selector})` : ""}`));
}
report.close();
