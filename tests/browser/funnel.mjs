// The way from a post to the thank-you page: what the forms say of it, with and without JavaScript.
import { launch, watch } from "./browser.mjs";
import { violations } from "./axe-page.mjs";
import { Report, args } from "./report.mjs";
import { serve } from "./site.mjs";
import { carried, clean, decorate, refererOf, wordsOf } from "../../themes/plain/assets/js/funnel.js";

const ADDRESS = "reader@example.net";
const POST =
  "?utm_source=mastodon&utm_medium=social&utm_campaign=winter&utm_content=question&utm_term=jane@acme.io&gclid=abc&fbclid=def&utm_id=7";
const WORDS = { utm_source: "mastodon", utm_medium: "social", utm_campaign: "winter", utm_content: "question" };

const report = new Report();
const same = (found, wanted) => {
  const [a, b] = [found, wanted].map((v) => JSON.stringify(v));
  return a === b ? [] : [`${a} instead of ${b}`];
};

function functions() {
  report.check("values are cut", same([...clean("é".repeat(300))].length, 100));
  report.check("an address is dropped", same([clean("a@b.c"), clean("a%40b.c"), clean("a%2540b")], ["", "", "a%2540b"]));
  report.check("control characters and nothing are nothing", same([clean("a\u0000b"), clean(null), clean("  ")], ["a b", "", ""]));
  report.check("only the five words are read", same(wordsOf(POST), WORDS));
  report.check("the first article stays the first", same(carried("?first=a", "b"), { first: "a" }));
  report.check("an article begins a visit", same(carried("?utm_source=x", "b"), { utm_source: "x", first: "b" }));
  const origin = "https://acme.io";
  report.check("another site's origin is the referrer", same(refererOf("https://social.example/@jane/1?x=y", origin), "https://social.example"));
  report.check("this site, none and an app are not", same(["https://acme.io/x", "", "android-app://x"].map((r) => refererOf(r, origin)), ["", "", ""]));
  const here = "https://acme.io/docs/a/";
  const to = (href) => decorate(href, here, "/docs/", { utm_source: "x", first: "a" });
  report.check("links between pages carry words on", same(to("../b/?q=1#part"), "https://acme.io/docs/b/?q=1&utm_source=x&first=a#part"));
  report.check("what a link says itself stays", same(to("../b/?utm_source=y"), "https://acme.io/docs/b/?utm_source=y&first=a"));
  const left = ["#part", "https://other.example/", "mailto:a@b.c", "/elsewhere/", "/docs/x.pdf", "/docs/x.sealed", "javascript:0"];
  report.check("other links are left alone", same(left.map(to), left.map(() => null)));
  report.check("without words nothing changes", same(decorate("../b/", here, "/docs/", {}), null));
}

async function open(browser, site, options = {}) {
  const context = await browser.newContext({ reducedMotion: "reduce", viewport: { width: 1280, height: 800 }, ...options });
  const page = await context.newPage();
  const found = options.javaScriptEnabled === false ? [] : await watch(page, site.origin);
  return { context, page, found };
}

/** Presses Tab until the element has the focus. */
async function tabTo(page, target) {
  for (let i = 0; i < 200; i += 1) {
    await page.keyboard.press("Tab");
    if (await target.evaluate((e) => e === document.activeElement)) return;
  }
  throw new Error(`Tab does not reach ${target}`);
}

/** From a form that was sent to the page after it: with JavaScript by its link, else the browser is there. */
async function onwards(page, form) {
  const thanks = page.waitForURL(/\/thanks\/(\?|$)/);
  const link = form.locator(".sent a");
  await Promise.race([thanks, link.waitFor().then(() => link.press("Enter"))]).catch(() => {});
  await thanks;
}

/** Fills in and sends the first visible form by keyboard; gives the fields that arrived. */
async function send(page, site, form) {
  site.posts.length = 0;
  await tabTo(page, form.locator('input[type="email"]'));
  await page.keyboard.type(ADDRESS);
  await tabTo(page, form.locator('button[type="submit"]'));
  await page.keyboard.press("Enter");
  await onwards(page, form);
  return Object.fromEntries(new URLSearchParams(site.posts[0]?.body));
}

function fields(sent, wanted) {
  return Object.entries(wanted).flatMap(([name, value]) => (sent[name] === value ? [] : [`${name} is ${JSON.stringify(sent[name])}, not ${value}`]));
}

async function way(browser, site) {
  const { context, page, found } = await open(browser, site);
  await page.goto(`${site.origin}/articles/long/${POST}`, { referer: "https://social.example/@jane/1" });
  const link = page.getByRole("link", { name: "the second article" });
  await tabTo(page, link);
  await Promise.all([page.waitForURL(/second/), page.keyboard.press("Enter")]);
  const url = new URL(page.url());
  report.check("a link carries the words and the first article, and nothing else", same(Object.fromEntries(url.searchParams), { ...WORDS, first: "long" }));
  const canonical = await page.locator("link[rel=canonical]").getAttribute("href");
  report.check("the canonical address stays clean", canonical.includes("?") && canonical);

  const region = page.getByRole("region", { name: "The guide" });
  const names = await region.ariaSnapshot();
  const spoken = ['heading "The guide"', 'textbox "E-mail address (required)"', 'checkbox "Also the letter (optional)"', 'button "Send me the guide"'];
  report.check("a screen reader hears names", spoken.filter((s) => !names.includes(s)).map((s) => `no ${s} in\n${names}`));
  const sent = await send(page, site, region.locator("form"));
  const wanted = { ...WORDS, utm_term: "", first: "long", referrer: "", article: "second", magnet: "guide", form: "f", placement: "end", variant: "default", lang: "en", email: ADDRESS };
  report.check("the form says where its reader came from", [...fields(sent, wanted), ...(sent.consent_version ? [] : ["no consent_version"])]);
  report.check("no click id is sent", Object.keys(sent).filter((name) => /clid|utm_id/.test(name)));
  report.check("thanks: axe", await violations(page));
  const kept = () => page.evaluate(() => [Object.keys(sessionStorage).sort(), Object.keys(localStorage), document.cookie]);
  report.check("only the tab remembers, and only what was asked for", same(await kept(), [["hub:asked:guide"], [], ""]));

  await page.goto(`${site.origin}/articles/long/`);
  const next = page.locator("[data-asked]");
  report.check("who asked is shown the next step", (await next.isVisible()) && !(await region.locator("form").isVisible()) ? [] : ["the form is still there"]);
  report.check("the next step leads on", same(await next.getByRole("link").getAttribute("href"), "/articles/second/"));
  report.check("next step: axe", await violations(page));
  await next.getByRole("button", { name: "Ask for it again" }).click();
  report.check("who asks again gets the form, and its focus", (await region.locator('input[type="email"]').evaluate((e) => e === document.activeElement)) ? [] : ["no focus"]);

  await page.goto(`${site.origin}/articles/second/`);
  await page.evaluate(() => sessionStorage.clear());
  await page.evaluate(() => localStorage.setItem("hub:magnet:guide", "1"));
  await page.reload();
  report.check("who has unlocked it on this device is shown the next step", (await next.isVisible()) ? [] : ["the form is there"]);
  report.check("policy, origin and console", found);
  await context.close();
}

async function landing(browser, site) {
  const { context, page, found } = await open(browser, site);
  await page.goto(`${site.origin}/articles/long/`, { referer: "https://social.example/@jane/1" });
  const sent = await send(page, site, page.locator("form").first());
  report.check("the referrer is an origin, the first article this one", fields(sent, { referrer: "https://social.example", first: "long", utm_source: "" }));
  await page.evaluate(() => sessionStorage.clear());
  await page.goto(`${site.origin}/go/spring/fair/?utm_source=other`);
  const again = await send(page, site, page.locator("form").first());
  report.check("an address that says more stands above what the page was built with", fields(again, { utm_source: "other", utm_campaign: "spring", utm_content: "fair", placement: "go" }));
  report.check("campaign's page: policy, origin and console", found);
  await context.close();
}

async function withoutScript(browser, site) {
  const { context, page } = await open(browser, site, { javaScriptEnabled: false });
  await page.goto(`${site.origin}/go/spring/fair/`);
  const sent = await send(page, site, page.locator("form").first());
  report.check("without JavaScript a campaign's page says where it stood", fields(sent, { utm_source: "fair", utm_medium: "print", utm_campaign: "spring", utm_content: "fair", magnet: "guide", placement: "go", email: ADDRESS }));
  report.check("without JavaScript the thank-you page follows", same(await page.locator("body.kind-thanks").count(), 1));
  await page.goto(`${site.origin}/articles/long/${POST}`);
  await page.getByRole("link", { name: "the second article" }).click();
  const plain = await send(page, site, page.getByRole("region", { name: "The guide" }).locator("form"));
  report.check("without JavaScript the article is known, and a lead is kept", fields(plain, { article: "second", placement: "end", utm_source: "", email: ADDRESS }));
  await context.close();
}

async function consent(browser, site) {
  const { context, page, found } = await open(browser, site);
  const kept = () => page.evaluate(() => Object.keys(localStorage).sort());
  await page.goto(`${site.origin}/articles/long/${POST}`);
  report.check("nothing is stored before the reader agrees", same(await kept(), []));
  await page.goto(`${site.origin}/about/${POST}`);
  const box = page.getByRole("checkbox", { name: /Remember on this device for 60 days/ });
  report.check("the box starts unticked", (await box.isChecked()) && "ticked");
  report.check("consent: axe", await violations(page));
  await box.check();
  report.check("then it is", same(await kept(), ["hub:came", "hub:consent"]));
  await page.goto(`${site.origin}/articles/second/`);
  const sent = await send(page, site, page.getByRole("region", { name: "The guide" }).locator("form"));
  report.check("a later visit says how the first one came", fields(sent, WORDS));
  await page.goto(`${site.origin}/about/`);
  report.check("the box remembers", (await box.isChecked()) ? [] : ["unticked"]);
  await box.uncheck();
  report.check("who withdraws leaves nothing", same(await kept(), []));
  report.check("consent: policy, origin and console", found);
  await context.close();
}

const [plain, storing] = args(["FOLDER", "FOLDER-WITH-STORAGE"]);
functions();
const browser = await launch();
const site = await serve(plain);
await way(browser, site);
await landing(browser, site);
await withoutScript(browser, site);
await site.close();
const other = await serve(storing);
await consent(browser, other);
await other.close();
await browser.close();
report.close();
