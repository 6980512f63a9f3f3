// Every page of the desk: accessible, quiet, and no wider than its window, in light and dark.
import { violations } from "./axe-page.mjs";
import { launch, watch } from "./browser.mjs";
import { preview } from "./preview.mjs";
import { Report, args } from "./report.mjs";

const PAGES = ["", "articles", "articles?to=-", "calendar", "forms", "inbox", "diagnostics", "routes", "timings", "new", "inbox?form=x"];
const WIDTHS = { light: [360, 768, 1440], dark: [1440] };
/** What looks another way where there is nothing yet. */
const EMPTY = ["", "articles", "calendar", "inbox", "diagnostics"];

const [full, hub, fresh] = args(["FULL", "HUB", "NEW"]);
const browser = await launch();
const report = new Report();

async function look(origin, path, colorScheme, expected = []) {
  const context = await browser.newContext({ colorScheme, reducedMotion: "reduce" });
  const page = await context.newPage();
  const url = `${origin}/_hub/${path}`;
  const found = await watch(page, origin, expected);
  const wrong = [];
  await page.goto(url);
  for (const width of WIDTHS[colorScheme]) {
    await page.setViewportSize({ width, height: 800 });
    const wide = await page.evaluate(() => document.documentElement.scrollWidth - globalThis.innerWidth);
    if (wide > 0) wrong.push(`${width}px: scrolls sideways by ${wide}px`);
    wrong.push(...(await violations(page)).map((line) => `${width}px: ${line}`));
  }
  if (await page.evaluate(() => [...document.querySelectorAll("details:not([open])")].map((d) => (d.open = true)).length)) {
    wrong.push(...(await violations(page)).map((line) => `details open: ${line}`));
  }
  await context.close();
  return [...wrong, ...found];
}

for (const [name, folder] of [["full", full], ["new", fresh]]) {
  const site = await preview(hub, folder);
  const pages = name === "full" ? [...PAGES] : EMPTY;
  if (name === "full") {
    const lead = { method: "POST", body: "email=a%40b.io&utm_source=x&letter=yes", headers: { origin: site.origin, "content-type": "application/x-www-form-urlencoded" } };
    for (const form of ["download/playbook", "letter/letter"]) await fetch(`${site.origin}/_hub/inbox/${form}`, { ...lead, redirect: "manual" });
    const inbox = await (await fetch(`${site.origin}/_hub/inbox`)).text();
    pages.push(inbox.match(/leads\/[\da-f-]{20,}/)[0], "article/articles/generous-offers.md", "article/articles/wrong.md", "nothing");
  }
  for (const path of pages) {
    const expected = path === "nothing" ? [`${site.origin}/_hub/nothing`] : [];
    const results = await Promise.all(["light", "dark"].map((scheme) => look(site.origin, path, scheme, expected)));
    results.forEach((wrong, i) => report.check(`${name}: /_hub/${path} ${i ? "dark" : "light"}`, wrong));
  }
  if (name === "full") {
    const context = await browser.newContext();
    const page = await context.newPage();
    await page.goto(`${site.origin}/_hub/diagnostics`);
    const words = await page.locator("main").innerText();
    report.check("what is wrong is drawn, with a link that opens the editor", !(words.includes("topcs") && (await page.locator('a[href^="vscode://file/"]').count())));
    await page.goto(`${site.origin}/_hub/`);
    report.check("what leads nowhere is marked", !(await page.locator(".ends").innerText()).includes("Wrong"));
    await page.keyboard.press("Tab");
    report.check("the keyboard comes to the content first", (await page.evaluate(() => document.activeElement.textContent)) !== "Skip to the content");
    await context.close();
  }
  await site.close();
}
await browser.close();
report.close();
