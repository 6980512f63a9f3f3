import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { launch, watch } from "./browser.mjs";
import { Report, args } from "./report.mjs";
import { address, files, serve } from "./site.mjs";

const ADDRESS = "reader+test@example.net";
const MOST_TABS = 200;
/** What the lead report joins on. */
const ATTRIBUTION = ["article", "magnet", "placement", "consent_version"];
const OFFER = 'form[method="post" i]:has(input[name="magnet"])';

/** The first article whose page holds a form for a magnet. */
async function articleWithOffer(folder) {
  for (const file of (await files(folder)).filter((f) => f.endsWith(".html"))) {
    const html = await readFile(join(folder, file), "utf8");
    if (/<body[^>]*kind-article/.test(html) && /<input[^>]*name="magnet"/.test(html)) return address(file);
  }
  return null;
}

/** Presses Tab until the element has the focus; false if it never does. */
async function tabTo(page, target, wrong) {
  const trapped = page.locator(`${OFFER} [aria-hidden="true"] :focus`);
  for (let i = 0; i < MOST_TABS; i += 1) {
    await page.keyboard.press("Tab");
    if (await trapped.count()) wrong.push("Tab reaches the honeypot");
    if (await target.evaluate((e) => e === document.activeElement)) return true;
  }
  return false;
}

async function nameless(locator, role) {
  const named = locator.page().getByRole(role, { name: /\S/ });
  return (await locator.and(named).count()) === 0;
}

async function examine(browser, site, path, javaScriptEnabled) {
  const mode = javaScriptEnabled ? "with JavaScript" : "without JavaScript";
  const context = await browser.newContext({ javaScriptEnabled });
  const page = await context.newPage();
  const found = javaScriptEnabled ? await watch(page, site.origin) : [];
  await page.goto(site.origin + path);

  const form = page.locator(OFFER).first();
  const email = form.locator('input[type="email"]');
  const button = form.locator('button[type="submit"], input[type="submit"]');
  report.check(`${mode}: the field has a name`, await nameless(email, "textbox"));
  report.check(`${mode}: the button has a name`, await nameless(button, "button"));
  report.check(`${mode}: boxes start unticked`, (await form.locator('input[type="checkbox"]:checked').count()) > 0);

  const wrong = [];
  if (!(await tabTo(page, button, wrong))) wrong.push("Tab does not reach the button");
  await page.keyboard.press("Enter");
  await page.waitForTimeout(300);
  if (site.posts.length) wrong.push("a form without an address is posted");
  report.check(`${mode}: an empty form stays`, wrong);

  site.posts.length = 0;
  await page.goto(site.origin + path);
  const keys = [];
  if (!(await tabTo(page, email, keys))) keys.push("Tab does not reach the e-mail field");
  await page.keyboard.type(ADDRESS);
  if (!(await tabTo(page, button, keys))) keys.push("Tab does not reach the button");
  const action = new URL(await form.getAttribute("action"), page.url());
  // With JavaScript the page stays, and the way to the thank-you page is a link.
  const link = form.locator(".sent a");
  const arrived = javaScriptEnabled ? link.waitFor({ timeout: 10_000 }).then(() => link.press("Enter")) : null;
  const leads = page.waitForURL((url) => url.pathname === action.pathname, { timeout: 10_000 });
  await page.keyboard.press("Enter");
  await Promise.all([arrived, leads]).catch(() => keys.push(`it leads to ${page.url()}, not ${action.href}`));
  report.check(`${mode}: Tab, type, Tab, Enter sends the form`, keys);
  report.check(`${mode}: what is sent`, sent(site.posts, action.pathname));
  report.check(`${mode}: the thank-you page follows`, await thanks(page));
  report.check(`${mode}: policy, origin and console`, found);
  await context.close();
  site.posts.length = 0;
}

function sent(posts, pathname) {
  if (posts.length !== 1) return [`${posts.length} requests, not 1`];
  const [{ path, type, body }] = posts;
  const fields = new URLSearchParams(body);
  const empty = ["form-name", ...ATTRIBUTION].filter((name) => !fields.get(name));
  const ticked = [...fields].filter(([, value]) => value === "on" || value === "yes").map(([name]) => name);
  return [
    ...(path === pathname ? [] : [`posted to ${path}`]),
    ...(type.startsWith("application/x-www-form-urlencoded") ? [] : [`type ${type}`]),
    ...(fields.get("email") === ADDRESS ? [] : [`email is ${fields.get("email")}`]),
    ...empty.map((name) => `no ${name}`),
    ...ticked.map((name) => `${name} is sent though nobody ticked it`),
  ];
}

async function thanks(page) {
  const heading = page.getByRole("heading", { level: 1 });
  return [
    ...((await page.locator("body.kind-thanks").count()) ? [] : [`${page.url()} is no thank-you page`]),
    ...((await heading.count()) ? [] : ["it has no heading"]),
  ];
}

const [folder] = args(["FOLDER"]);
const site = await serve(folder);
const browser = await launch();
const report = new Report();
const path = await articleWithOffer(folder);
report.check("an article has an offer", !path);
if (path) {
  await examine(browser, site, path, true);
  await examine(browser, site, path, false);
}
await browser.close();
await site.close();
report.close();
