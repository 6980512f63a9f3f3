// The whole funnel on the author's desk: a form of the preview, the inbox, the letter, the file.
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { violations } from "./axe-page.mjs";
import { launch, watch } from "./browser.mjs";
import { listed, preview } from "./preview.mjs";
import { Report, args } from "./report.mjs";

const POST = { utm_source: "linkedin", utm_medium: "social", utm_campaign: "winter-2026", utm_content: "quote" };

const [folder, hub, article, magnet, file] = args(["FOLDER", "HUB", "ARTICLE", "MAGNET", "FILE"]);
const site = await preview(hub, folder);
const browser = await launch();
const report = new Report();

/** Fills in the form of a page and sends it. */
async function fill(page, address) {
  const form = page.locator(`form[id^="${magnet}-"]`).first();
  await form.locator('input[type="email"]').fill(address);
  await form.locator('input[type="checkbox"]:not([tabindex])').first().check();
  await form.locator('button[type="submit"]').click();
  return form;
}

{
  const context = await browser.newContext({ acceptDownloads: true, reducedMotion: "reduce" });
  const page = await context.newPage();
  const found = await watch(page, site.origin);
  await page.goto(`${site.origin}${article}?${new URLSearchParams(POST)}`);
  const form = await fill(page, "reader@example.net");
  await form.locator(".sent").waitFor({ timeout: 10_000 });
  report.check("a lead is a file as soon as the form says so", listed(join(folder, ".hub/inbox")).length !== 1);
  await page.goto(`${site.origin}/_hub/inbox`);
  const row = page.locator(".leads li").first();
  const words = await row.innerText();
  report.check("the inbox shows who, what for and how they came", ["reader@example.net", "linkedin", "winter-2026", "quote"].filter((w) => !words.includes(w)));
  report.check("the inbox is accessible", await violations(page));
  await row.getByRole("link").first().click();
  report.check("the lead is accessible", await violations(page));
  const sheet = await page.locator("main").innerText();
  report.check("its consent is listed", !sheet.includes("ticked"));
  const link = page.locator(`#letter-text a[href*="/${magnet}/unlock/#"]`);
  report.check("its letter has the link, which leads to the preview", !(await link.getAttribute("href"))?.startsWith(site.origin));
  await link.click();
  await page.waitForFunction(() => document.getElementById("unlock-state")?.dataset.state === "done", null, { timeout: 20_000 });
  const [download] = await Promise.all([page.waitForEvent("download"), page.locator("#unlock-files a").first().click()]);
  const [got, wanted] = await Promise.all([readFile(await download.path()), readFile(file)]);
  report.check(`the file is the source, byte for byte: ${wanted.length} bytes`, !got.equals(wanted) && `${got.length} bytes came`);
  report.check("nothing on the way breaks a policy, loads from elsewhere or logs an error", found);
  await page.goto(`${site.origin}/_hub/forms`);
  report.check("the form counts as tested", !(await page.locator("#form-download .flag.good").count()));
  await context.close();
}
{
  const context = await browser.newContext();
  const page = await context.newPage();
  await page.goto(site.origin + article);
  const form = await fill(page, "fail@example.net");
  await page.waitForFunction((id) => document.getElementById(id)?.dataset.state === "refused", await form.getAttribute("id"), { timeout: 10_000 });
  report.check("an address asks for a refusal, and the form says it", !(await form.locator(".state").innerText()));
  await page.goto(`${site.origin}/_hub/inbox`);
  await page.locator("#with").selectOption("failed");
  await page.getByRole("button", { name: "Set" }).click();
  report.check("the inbox says what the next form gets", !(await page.locator(".tools .flag").innerText()).includes("503"));
  await page.goto(site.origin + article);
  const next = await fill(page, "reader@example.net");
  await page.waitForFunction((id) => document.getElementById(id)?.dataset.state === "failed", await next.getAttribute("id"), { timeout: 10_000 });
  report.check("and it gets that", false);
  await context.close();
}
{
  const context = await browser.newContext({ javaScriptEnabled: false });
  const page = await context.newPage();
  await page.goto(site.origin + article);
  await fill(page, "plain@example.net");
  await page.waitForURL((url) => url.pathname === `/magnets/${magnet}/thanks/`, { timeout: 10_000 });
  await page.goto(`${site.origin}/_hub/inbox`);
  report.check("a form without a script arrives, too", !(await page.locator(".leads").innerText()).includes("plain@example.net"));
  const before = listed(join(folder, ".hub/inbox")).length;
  await page.locator(".leads li a").first().click();
  await page.getByRole("button", { name: "Delete this lead" }).click();
  await page.waitForURL((url) => url.pathname === "/_hub/inbox");
  report.check("a lead is deleted, with its file", listed(join(folder, ".hub/inbox")).length !== before - 1);
  await page.goto(`${site.origin}/_hub/new`);
  await page.getByLabel("Title").fill("A new beginning");
  await page.getByRole("button", { name: "Write it" }).click();
  await page.waitForURL((url) => url.pathname === "/articles/a-new-beginning/", { timeout: 10_000 });
  report.check("what is begun at the desk opens at its page", !(await page.getByRole("heading", { level: 1 }).innerText()).includes("A new beginning"));
  await context.close();
}
{
  const context = await browser.newContext({ reducedMotion: "reduce" });
  const page = await context.newPage();
  await fetch(`${site.origin}/_hub/inbox/download/rest`, { method: "POST", redirect: "manual", body: "email=sealed%40example.net", headers: { origin: site.origin, "content-type": "application/x-www-form-urlencoded" } });
  await page.goto(`${site.origin}/_hub/inbox`);
  await page.getByRole("link", { name: "sealed@example.net" }).click();
  const found = await watch(page, site.origin);
  await page.locator('#letter-text a[href*="#gate="]').click();
  const text = page.locator(".gate-text");
  await text.locator("form").waitFor({ timeout: 10_000 });
  await text.getByLabel("Address").fill("inside@example.net");
  await text.getByRole("button", { name: "Go" }).click();
  await page.waitForURL((url) => url.pathname === "/_hub/inbox", { timeout: 10_000 });
  await page.goto(`${site.origin}/_hub/inbox`);
  report.check("a form inside of a sealed text arrives, too", !(await page.locator(".leads").innerText()).includes("inside@example.net"));
  report.check("and nothing of it goes elsewhere", found);
  await context.close();
}
{
  const other = await fetch(`${site.origin}/_hub/inbox/download/${magnet}`, { method: "POST", body: "email=a%40b.io", headers: { origin: "https://evil.example", "content-type": "application/x-www-form-urlencoded" } });
  report.check("another site cannot send anything", other.status !== 403 && `status ${other.status}`);
}
await browser.close();
await site.close();
report.close();
