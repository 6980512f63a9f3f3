// Validates a SARIF file against the schema of OASIS, as Microsoft's matchers bring it.
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";

const require = createRequire(import.meta.url);
const inside = createRequire(require.resolve("@microsoft/jest-sarif"));
const Ajv = inside("ajv");
const schema = JSON.parse(readFileSync(inside.resolve("../lib/schemas/sarif-2.1.0-rtm.5.json"), "utf8"));
const ajv = new Ajv({ schemaId: "auto", meta: false, unknownFormats: "ignore", logger: false });
ajv.addMetaSchema(inside("ajv/lib/refs/json-schema-draft-04.json"));
const validate = ajv.compile(schema);
if (validate({ version: "2.1.0" })) throw new Error("the schema takes anything");
if (!validate(JSON.parse(readFileSync(process.argv[2], "utf8")))) {
  console.error(JSON.stringify(validate.errors, null, 2));
  process.exit(1);
}
