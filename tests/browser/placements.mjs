// Offers that lie above the page, and the one beside the text: when they come, how they go, what they leave alone.
import { launch, watch } from "./browser.mjs";
import { violations } from "./axe-page.mjs";
import { Report, args } from "./report.mjs";
import { serve } from "./site.mjs";

const WIDE = { width: 1280, height: 800 };
const PHONE = { width: 360, height: 740 };
const LONG = "/articles/long/";

const report = new Report();

async function open(browser, site, viewport, options = {}) {
  const context = await browser.newContext({ viewport, ...options });
  const page = await context.newPage();
  const found = options.javaScriptEnabled === false ? [] : await watch(page, site.origin);
  const go = (path, referer) => page.goto(site.origin + path, { waitUntil: "load", referer });
  return { context, page, found, go };
}

/** Scrolls to a share of the page, as a reader does, and waits until the page has seen it. */
async function scroll(page, share) {
  await page.evaluate((s) => globalThis.scrollTo({ top: document.documentElement.scrollHeight * s - innerHeight / 2, behavior: "instant" }), share);
  await page.evaluate(() => new Promise((done) => requestAnimationFrame(() => setTimeout(done, 100))));
}

async function slideIn(browser, site) {
  const { context, page, found, go } = await open(browser, site, WIDE);
  const box = page.getByRole("complementary", { name: "The guide" });
  const shown = async (what, wanted) => report.check(`slide-in: ${what}`, (await box.isVisible()) === wanted ? [] : [`visible is ${!wanted}`]);
  await go(LONG);
  await shown("is not there on landing", false);
  await scroll(page, 0.2);
  await shown("is not there after a little reading", false);
  await page.getByRole("link", { name: "the second article" }).focus();
  await scroll(page, 0.6);
  await shown("comes after half of the page", true);
  const focused = () => page.evaluate(() => document.activeElement?.textContent);
  report.check("slide-in: takes no focus", (await focused()) === "the second article" ? [] : [`focus is on ${await focused()}`]);
  report.check("slide-in: is no dialog over the page", await box.evaluate((e) => (e.getBoundingClientRect().width > innerWidth / 2 ? "wider than half of the window" : "")));
  for (const colorScheme of ["light", "dark"]) {
    await page.emulateMedia({ colorScheme, reducedMotion: "reduce" });
    report.check(`slide-in: axe, ${colorScheme}`, await violations(page));
  }
  report.check("slide-in: stands still where motion is reduced", await box.evaluate((e) => (getComputedStyle(e).animationName === "none" ? "" : "it moves")));
  await page.emulateMedia({ reducedMotion: "no-preference" });
  report.check("slide-in: moves where it may", await box.evaluate((e) => (getComputedStyle(e).animationName === "none" ? "it does not" : "")));
  await page.keyboard.press("Escape");
  await shown("goes with Escape", false);
  report.check("slide-in: Escape leaves the focus", (await focused()) === "the second article" ? [] : [await focused()]);
  const kept = await page.evaluate(() => [Object.keys(sessionStorage), Object.keys(localStorage)]);
  report.check("slide-in: the tab remembers that it was closed", JSON.stringify(kept) === '[["hub:closed:slide-in"],[]]' ? [] : [JSON.stringify(kept)]);
  await page.reload();
  await scroll(page, 0.7);
  await shown("does not come again", false);
  await go("/articles/second/");
  await scroll(page, 0.9);
  await shown("nor on another page", false);
  report.check("slide-in: policy, origin and console", found);
  await context.close();
}

async function slideInByKeyboard(browser, site) {
  const { context, page, go } = await open(browser, site, WIDE);
  const box = page.getByRole("complementary", { name: "The guide" });
  await go(LONG);
  await scroll(page, 0.6);
  const link = page.locator("footer a").last();
  await link.focus();
  for (let i = 0; i < 20 && !(await box.evaluate((e) => e.contains(document.activeElement))); i += 1) await page.keyboard.press("Tab");
  report.check("slide-in: Tab reaches it", await box.evaluate((e) => (e.contains(document.activeElement) ? "" : "it does not")));
  await page.getByRole("button", { name: "Close this offer" }).focus();
  await page.keyboard.press("Enter");
  report.check("slide-in: the focus goes back to where it came from", (await link.evaluate((e) => e === document.activeElement)) ? [] : ["it does not"]);
  await context.close();
}

async function conversion(browser, site) {
  const { context, page, go } = await open(browser, site, WIDE);
  const box = page.locator("[data-float=slide-in]");
  await go(LONG);
  await scroll(page, 0.6);
  await box.locator('input[type="email"]').fill("reader@example.net");
  site.posts.length = 0;
  await box.locator('button[type="submit"]').click();
  await box.locator(".sent a").waitFor();
  const sent = new URLSearchParams(site.posts[0].body);
  report.check("slide-in: its form says where it stands", sent.get("placement") === "slide-in" ? [] : [sent.get("placement")]);
  const kept = await page.evaluate(() => Object.keys(sessionStorage));
  report.check("slide-in: asking is remembered apart from closing", JSON.stringify(kept) === '["hub:asked:guide"]' ? [] : [JSON.stringify(kept)]);
  await go("/articles/second/");
  await scroll(page, 0.9);
  report.check("slide-in: who asked is not asked again", (await box.isVisible()) && "it is there");
  await context.close();
}

async function phone(browser, site) {
  const { context, page, found, go } = await open(browser, site, PHONE, { hasTouch: true, isMobile: true });
  const box = page.locator("[data-float=slide-in]");
  await go(LONG, "https://social.example/");
  await scroll(page, 0.9);
  await page.waitForTimeout(1500);
  report.check("phone: nothing slides in on landing", (await box.isVisible()) && "it is there");
  await page.getByRole("link", { name: "the second article" }).first().click();
  await page.waitForURL(/second/);
  await page.waitForTimeout(1500);
  report.check("phone: nor by time", (await box.isVisible()) && "it is there");
  await scroll(page, 0.7);
  report.check("phone: after reading a second page it does", (await box.isVisible()) ? [] : ["it does not"]);
  report.check("phone: it leaves half of the window", await box.evaluate((e) => (e.getBoundingClientRect().height > innerHeight / 2 + 1 ? `${e.getBoundingClientRect().height}px` : "")));
  report.check("phone: axe", await violations(page));
  report.check("phone: policy, origin and console", found);
  await context.close();
}

async function byTime(browser, site) {
  const { context, page, go } = await open(browser, site, WIDE);
  const box = page.locator("[data-float=slide-in]");
  await go(LONG);
  report.check("by time: not at once", (await box.isVisible()) && "it is there");
  await page.waitForTimeout(1500);
  report.check("by time: after a second", (await box.isVisible()) ? [] : ["it is not there"]);
  await page.getByRole("button", { name: "Close this offer" }).click();
  const [tab, device] = await page.evaluate(() => [sessionStorage.length, Object.keys(localStorage)]);
  report.check("remember: the device keeps what was closed", tab === 0 && device[0] === "hub:closed:slide-in" ? [] : [`${tab} ${device}`]);
  await context.close();
}

async function bar(browser, site) {
  for (const viewport of [WIDE, PHONE]) {
    const { context, page, found, go } = await open(browser, site, viewport, { reducedMotion: "reduce" });
    const name = `bar, ${viewport.width}px`;
    const box = page.getByRole("complementary", { name: "The guide" });
    const shown = async (what, wanted) => report.check(`${name}: ${what}`, (await box.isVisible()) === wanted ? [] : [`visible is ${!wanted}`]);
    await go(LONG);
    await shown("is not there on landing", false);
    await scroll(page, 0.4);
    await shown("comes while the reader reads", true);
    report.check(`${name}: takes a small part of the window`, await box.evaluate((e) => (e.getBoundingClientRect().height > innerHeight / 6 ? `${e.getBoundingClientRect().height}px` : "")));
    report.check(`${name}: axe, closed`, await violations(page));
    await box.locator("summary").focus();
    await page.keyboard.press("Enter");
    report.check(`${name}: opens by keyboard`, (await box.getByRole("textbox", { name: "E-mail address (required)" }).isVisible()) ? [] : ["no field"]);
    report.check(`${name}: axe, open`, await violations(page));
    await box.locator("summary").focus();
    await page.keyboard.press("Enter");
    await page.evaluate(() => document.activeElement.blur());
    await page.locator(".offer-end").scrollIntoViewIfNeeded();
    await page.waitForTimeout(300);
    await shown("gives way to the offer at the end", false);
    await scroll(page, 0.4);
    await page.waitForTimeout(200);
    await shown("comes back", true);
    await page.getByRole("button", { name: "Close this offer" }).click();
    await page.reload();
    await scroll(page, 0.4);
    await shown("stays closed", false);
    report.check(`${name}: policy, origin and console`, found);
    await context.close();
  }
}

async function sidebar(browser, site) {
  for (const [viewport, beside] of [[{ width: 1440, height: 900 }, true], [{ width: 768, height: 900 }, false], [PHONE, false]]) {
    const { context, page, found, go } = await open(browser, site, viewport);
    await go(LONG);
    const [text, box] = await page.evaluate(() => [".prose", ".offer-sidebar"].map((s) => document.querySelector(s).getBoundingClientRect().toJSON()));
    const where = beside ? box.left >= text.right && box.top <= text.top + 5 : box.top >= text.bottom && box.left < text.right;
    report.check(`sidebar, ${viewport.width}px: ${beside ? "beside" : "after"} the text`, where ? [] : [JSON.stringify([text, box])]);
    report.check(`sidebar, ${viewport.width}px: axe`, await violations(page));
    report.check(`sidebar, ${viewport.width}px: policy, origin and console`, found);
    await context.close();
  }
}

async function withoutScript(browser, site, name) {
  const { context, page, go } = await open(browser, site, WIDE, { javaScriptEnabled: false });
  await go(LONG);
  report.check(`${name}: without JavaScript it is not there`, (await page.locator("[data-float]").isVisible()) && "it is");
  report.check(`${name}: without JavaScript the offer at the end is`, (await page.locator(".offer-end form").isVisible()) ? [] : ["it is not"]);
  await context.close();
}

const [slide, timed, barred, sided] = args(["SLIDE-IN", "BY-TIME", "BAR", "SIDEBAR"]);
const browser = await launch();
async function on(folder, ...tests) {
  const site = await serve(folder);
  for (const test of tests) await test(browser, site);
  await site.close();
}
await on(slide, slideIn, slideInByKeyboard, conversion, phone, (b, s) => withoutScript(b, s, "slide-in"));
await on(timed, byTime, phone);
await on(barred, bar, (b, s) => withoutScript(b, s, "bar"));
await on(sided, sidebar);
await browser.close();
report.close();
