// The vectors of docs/gate-vectors.json, opened by the page that opens readers' files.
import { createHash } from "node:crypto";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { launch } from "./browser.mjs";
import { Report, args } from "./report.mjs";
import { serve } from "./site.mjs";

const [folder, unlock, sealed] = args(["FOLDER", "UNLOCK", "SEALED"]);
const { vectors } = JSON.parse(await readFile(new URL("../../docs/gate-vectors.json", import.meta.url), "utf8"));
const site = await serve(folder);
const browser = await launch();
const report = new Report();
const sha256 = (bytes) => createHash("sha256").update(bytes).digest("hex");

async function open(key) {
  const context = await browser.newContext({ acceptDownloads: true });
  const page = await context.newPage();
  await page.goto(`${site.origin}${unlock}#${key}`);
  await page.waitForFunction(() => !["", "working"].includes(document.getElementById("unlock-state").dataset.state ?? ""), null, { timeout: 20_000 });
  const state = await page.locator("#unlock-state").getAttribute("data-state");
  return { page, state, close: () => context.close() };
}

for (const [i, vector] of vectors.entries()) {
  const bytes = await readFile(join(sealed, String(i)));
  report.check(`${vector.comment}: hub sealed it as the vector says`, sha256(bytes) !== vector.sealed_sha256);
  site.alter = (path, body) => (path.endsWith(".sealed") ? bytes : body);
  for (const { key, epoch } of vector.live) {
    const { page, state, close } = await open(key);
    const wrong = state === "done" ? [] : [`the page says ${state}`];
    if (state === "done") {
      const [download] = await Promise.all([page.waitForEvent("download"), page.locator("#unlock-files a").click()]);
      if (sha256(await readFile(await download.path())) !== vector.plaintext_sha256) wrong.push("other bytes came");
      const name = await page.locator("#unlock-files li span").first().innerText();
      if (name !== vector.name) wrong.push(`the name is ${name}`);
    }
    report.check(`${vector.comment}: epoch ${epoch} opens it`, wrong);
    await close();
  }
  for (const { key, epoch } of vector.ended) {
    const { state, close } = await open(key);
    report.check(`${vector.comment}: epoch ${epoch} has ended`, state !== "old" && state);
    await close();
  }
}
await browser.close();
await site.close();
report.close();
