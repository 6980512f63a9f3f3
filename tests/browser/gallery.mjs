// The gallery: filters without a script, copying with one, from a server and from the disk.
import { pathToFileURL } from "node:url";
import { join } from "node:path";
import { violations } from "./axe-page.mjs";
import { launch, watch } from "./browser.mjs";
import { Report, args } from "./report.mjs";
import { serve } from "./site.mjs";

const [folder] = args(["FOLDER"]);
const site = await serve(folder);
const browser = await launch();
const report = new Report();
const posts = (page) => page.locator(".post:visible");

for (const javaScriptEnabled of [false, true]) {
  const mode = javaScriptEnabled ? "with JavaScript" : "without JavaScript";
  const context = await browser.newContext({ javaScriptEnabled, permissions: ["clipboard-read", "clipboard-write"] });
  const page = await context.newPage();
  const found = javaScriptEnabled ? await watch(page, site.origin) : [];
  await page.goto(`${site.origin}/index.html`);
  const all = await posts(page).count();
  report.check(`${mode}: posts are there`, all < 4);
  await page.getByRole("radio", { name: /^Mastodon/ }).check();
  const networks = await posts(page).evaluateAll((p) => [...new Set(p.map((e) => e.dataset.network))]);
  report.check(`${mode}: a network is chosen`, networks.join() !== "mastodon");
  await page.getByRole("radio", { name: /^All \d/ }).check();
  await page.getByRole("radio", { name: "B <quoted>" }).check();
  const fewer = await posts(page).count();
  report.check(`${mode}: an article is chosen`, fewer === 0 || fewer >= all);
  await page.getByRole("radio", { name: "All articles" }).check();
  const intents = await page.locator("a.go").evaluateAll((a) => a.map((e) => e.href));
  report.check(`${mode}: links open the networks' windows`, !intents.some((h) => h.startsWith("https://x.com/intent/")));
  if (javaScriptEnabled) {
    const post = posts(page).first();
    await post.locator("button.copy").first().click();
    const copied = await page.evaluate(() => navigator.clipboard.readText());
    const text = await post.locator("[data-copy]").first().getAttribute("data-copy");
    report.check("a post is copied as it is pasted", copied !== text || !copied.includes("utm_source="));
    report.check("that it was is announced", (await page.getByRole("status").textContent()) !== "Copied.");
    for (const colorScheme of ["light", "dark"]) {
      for (const width of [360, 768, 1440]) {
        await page.emulateMedia({ colorScheme, reducedMotion: "reduce" });
        await page.setViewportSize({ width, height: 900 });
        const wide = await page.evaluate(() => document.documentElement.scrollWidth - globalThis.innerWidth);
        report.check(`${colorScheme} ${width}px: scrolls one way only`, wide > 0);
        report.check(`${colorScheme} ${width}px: accessible`, await violations(page));
      }
    }
    report.check("no other site is asked, the policy holds", found);
  }
  await context.close();
}

// From the disk, as authors open it.
const page = await browser.newPage();
const found = [];
page.on("console", (message) => message.type() === "error" && found.push(message.text()));
await page.goto(pathToFileURL(join(folder, "index.html")).href);
const images = await page.evaluate(async () => {
  const all = [...document.images];
  all.forEach((image) => (image.loading = "eager"));
  return (await Promise.allSettled(all.map((i) => i.decode()))).filter((r) => r.status === "rejected").length;
});
report.check("cards show from the disk", images > 0 || (await page.locator("img").count()) === 0);
report.check("the policy holds on the disk", found);
await browser.close();
await site.close();
report.close();
