import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { violations } from "./axe-page.mjs";
import { launch, watch } from "./browser.mjs";
import { Report, args } from "./report.mjs";
import { address, files, serve } from "./site.mjs";

const EVERY_PAGE_BELOW = 40;
const WIDTHS = [360, 768, 1440];
const MISSING = "/no/such/page/";

/** Of each page kind, the fewest pages that together show every element and class of that kind. */
function distinct(pages) {
  const kinds = groupBy(pages);
  return [...kinds.values()].flatMap((all) => {
    const chosen = [];
    const seen = new Set();
    for (const page of all.toSorted((a, b) => b.shows.size - a.shows.size)) {
      const fresh = [...page.shows].filter((s) => !seen.has(s));
      if (fresh.length) chosen.push(page);
      fresh.forEach((s) => seen.add(s));
    }
    return chosen;
  });
}

function groupBy(pages) {
  const kinds = new Map();
  for (const page of pages) kinds.set(page.kind, [...(kinds.get(page.kind) ?? []), page]);
  return kinds;
}

async function pagesOf(folder, below) {
  const pages = [];
  for (const file of (await files(folder)).filter((f) => f.endsWith(".html"))) {
    if (!address(file).startsWith(below)) continue;
    const html = await readFile(join(folder, file), "utf8");
    // A redirect leaves before it can be examined.
    if (/http-equiv="?refresh/i.test(html)) continue;
    const shows = new Set(html.match(/<[a-z][a-z0-9]*|(?<=class=")[^"]+/g));
    const kind = html.match(/<body[^>]*class="([^"]*)"/)?.[1] ?? "";
    pages.push({ path: file === "404.html" ? MISSING : address(file), kind, shows });
  }
  return pages.length < EVERY_PAGE_BELOW ? pages : distinct(pages);
}

async function visit(browser, site, path, colorScheme) {
  const context = await browser.newContext({ colorScheme, reducedMotion: "reduce", viewport: { width: WIDTHS[0], height: 800 } });
  const page = await context.newPage();
  const url = site.origin + path;
  const found = await watch(page, site.origin, path === MISSING ? [url] : []);
  await page.goto(url, { waitUntil: "load" });
  const wrong = await brokenImages(page);
  for (const width of WIDTHS) {
    await page.setViewportSize({ width, height: 800 });
    const wide = await page.evaluate(() => document.documentElement.scrollWidth - globalThis.innerWidth);
    if (wide > 0) wrong.push(`${width}px: scrolls sideways by ${wide}px: ${await widest(page)}`);
    wrong.push(...(await violations(page)).map((line) => `${width}px: ${line}`));
  }
  // What is inside a closed `details` is not examined.
  if (await page.evaluate(() => [...document.querySelectorAll("details:not([open])")].map((d) => (d.open = true)).length)) {
    wrong.push(...(await violations(page)).map((line) => `details open: ${line}`));
  }
  await context.close();
  return [...wrong, ...found];
}

/** Images that do not decode, those further down included, which load only when scrolled to. */
function brokenImages(page) {
  return page.evaluate(async () => {
    const images = [...document.images];
    images.forEach((image) => (image.loading = "eager"));
    const decoded = await Promise.allSettled(images.map((image) => image.decode()));
    return images.filter((_, i) => decoded[i].status === "rejected").map((image) => `image: ${image.currentSrc || image.src}`);
  });
}

/** The element that reaches furthest to the right. */
function widest(page) {
  return page.evaluate(() => {
    const all = [...document.body.querySelectorAll("*")];
    const right = (e) => e.getBoundingClientRect().right;
    const last = all.reduce((a, b) => (right(b) > right(a) ? b : a));
    return `${last.tagName.toLowerCase()}${[...last.classList].map((c) => `.${c}`).join("")}`;
  });
}

const [folder, below = "/"] = args(["FOLDER"], "BELOW");
const site = await serve(folder);
const browser = await launch();
const report = new Report();
for (const { path } of await pagesOf(folder, below)) {
  const schemes = ["light", "dark"];
  const results = await Promise.all(schemes.map((scheme) => visit(browser, site, path, scheme)));
  schemes.forEach((scheme, i) => report.check(`${path} ${scheme}`, results[i]));
}
await browser.close();
await site.close();
report.close();
