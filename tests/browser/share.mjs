// Sharing on pages: plain links first of all, buttons where the browser can, nothing from anywhere else.
import { violations } from "./axe-page.mjs";
import { launch, watch } from "./browser.mjs";
import { Report, args } from "./report.mjs";
import { serve } from "./site.mjs";

const [folder, path] = args(["FOLDER", "PAGE"]);
const site = await serve(folder);
const browser = await launch();
const report = new Report();

for (const javaScriptEnabled of [false, true]) {
  const mode = javaScriptEnabled ? "with JavaScript" : "without JavaScript";
  const context = await browser.newContext({ javaScriptEnabled, permissions: ["clipboard-read", "clipboard-write"] });
  const page = await context.newPage();
  const found = javaScriptEnabled ? await watch(page, site.origin) : [];
  if (javaScriptEnabled) {
    await page.addInitScript(() => {
      globalThis.handed = [];
      navigator.share = async (what) => void globalThis.handed.push(what);
    });
  }
  await page.goto(site.origin + path);
  const nav = page.locator("nav.share");
  const hrefs = await nav.locator("a").evaluateAll((all) => all.map((a) => a.href));
  report.check(`${mode}: plain links`, hrefs.length < 4 || hrefs.some((h) => !/^(https|mailto):/.test(h)));
  report.check(`${mode}: links say where they came from`, !hrefs.every((h) => h.includes("utm_content%3Dreader")));
  const shown = await nav.locator("button:visible").count();
  report.check(`${mode}: buttons ${javaScriptEnabled ? "are there" : "are not"}`, shown !== (javaScriptEnabled ? 2 : 0));

  const quote = page.locator(".pass").first();
  await quote.locator("summary").focus();
  await page.keyboard.press("Enter");
  const first = await quote.locator("a").first().getAttribute("href");
  report.check(`${mode}: a quote opens by keyboard and holds its words`, !decodeURIComponent(first).includes("“Count replies, not followers.”"));

  if (javaScriptEnabled) {
    await quote.getByRole("button").click();
    const copied = await page.evaluate(() => navigator.clipboard.readText());
    report.check("a quote is copied with its page", !/^“Count replies, not followers\.”\n\nhttps:\/\/acme\.io\/articles\/a\/$/.test(copied));
    await page.waitForFunction(() => document.querySelector(".said")?.textContent);
    report.check("that it was is announced", (await page.getByRole("status").filter({ hasText: "Copied" }).count()) !== 1);
    await nav.locator("[data-share]").click();
    const [what] = await page.evaluate(() => globalThis.handed);
    report.check("the device is handed title and page", what?.title !== "A" || !what?.url.endsWith("/articles/a/"));
    for (const colorScheme of ["light", "dark"]) {
      await page.emulateMedia({ colorScheme, reducedMotion: "reduce" });
      report.check(`accessible, ${colorScheme}`, await violations(page));
    }
    report.check("no other site is asked, the policy holds", found);
  }
  await context.close();
}
await browser.close();
await site.close();
report.close();
