// The whole way: a post, the article, its form, the page after it, the e-mailed link, the file.
import { readFile } from "node:fs/promises";
import { launch, watch } from "./browser.mjs";
import { Report, args } from "./report.mjs";
import { serve } from "./site.mjs";

const ADDRESS = "reader@example.net";
const POST = { utm_source: "linkedin", utm_medium: "social", utm_campaign: "winter-2026", utm_content: "quote" };
const REFERRER = "https://www.linkedin.com/";

const [folder, article, magnet, letter, file] = args(["FOLDER", "ARTICLE", "MAGNET", "LETTER", "FILE"]);
const site = await serve(folder);
const browser = await launch();
const report = new Report();

/** Tab until the element has the focus. */
async function tabTo(page, target) {
  for (let i = 0; i < 200; i += 1) {
    await page.keyboard.press("Tab");
    if (await target.evaluate((e) => e === document.activeElement)) return [];
  }
  return ["Tab does not reach it"];
}

/** What a screen reader says of an element. */
const spoken = async (locator) => (await locator.ariaSnapshot()).trim();

/** The last thing that was posted, by its fields. */
function posted() {
  const post = site.posts.at(-1);
  return post ? Object.fromEntries(new URLSearchParams(post.body)) : {};
}

const differ = (fields, wanted) =>
  Object.entries(wanted).flatMap(([name, value]) => (fields[name] === value ? [] : [`${name} is ${JSON.stringify(fields[name])}`]));

/** From the article to the page after its form, with the keyboard alone. */
async function ask(page, scripted) {
  const mode = scripted ? "" : " without JavaScript";
  const form = page.locator(`form:has(input[name="magnet"][value="${magnet}"])`).first();
  const [email, button] = [form.locator('input[type="email"]'), form.locator('button[type="submit"]')];
  report.check(`a screen reader hears the field${mode}`, !/^- textbox ".*e-mail.*"/i.test(await spoken(email)) && (await spoken(email)));
  report.check(`and the button${mode}`, !/^- button "\S.*"/.test(await spoken(button)) && (await spoken(button)));
  report.check(`Tab reaches the field${mode}`, await tabTo(page, email));
  await page.keyboard.type(ADDRESS);
  report.check(`Tab reaches the button${mode}`, await tabTo(page, button));
  await page.keyboard.press("Enter");
  if (scripted) {
    const next = form.locator(".sent a");
    await next.waitFor({ timeout: 10_000 });
    report.check("what became of it is said and has the focus", !(await form.locator(".sent").evaluate((e) => e === document.activeElement)));
    report.check("Tab reaches the way on", await tabTo(page, next));
    await page.keyboard.press("Enter");
  }
  await page.waitForURL((url) => url.pathname === `/magnets/${magnet}/thanks/`, { timeout: 10_000 });
  const heading = await page.getByRole("heading", { level: 1 }).innerText();
  report.check(`the page after it says what comes: ${heading}`, !heading.trim());
}

{
  const context = await browser.newContext({ acceptDownloads: true, reducedMotion: "reduce" });
  const page = await context.newPage();
  const found = await watch(page, site.origin);
  await page.goto(`${site.origin}${article}?${new URLSearchParams(POST)}`, { referer: REFERRER });
  await ask(page, true);
  const known = { email: ADDRESS, magnet, referrer: new URL(REFERRER).origin, ...POST };
  report.check("the lead says which post and which article brought it", [...differ(posted(), known), ...(article.includes(posted().article || "?") ? [] : ["another article"])]);
  report.check("no page on the way breaks its policy, loads from elsewhere or logs an error", found);

  // The e-mail, as `hub magnet link --letter` wrote it.
  const link = new URL((await readFile(letter, "utf8")).split(/\s/).find((word) => /^https:.*\/unlock\/#[\w-]{43}$/.test(word)));
  const mail = await context.newPage();
  const there = await watch(mail, site.origin);
  await mail.goto(site.origin + link.pathname + link.hash);
  await mail.waitForFunction(() => document.getElementById("unlock-state")?.dataset.state === "done", null, { timeout: 20_000 });
  const [download] = await Promise.all([mail.waitForEvent("download"), mail.keyboard.press("Enter")]);
  const [got, wanted] = await Promise.all([readFile(await download.path()), readFile(file)]);
  report.check(`the file is the source, byte for byte: ${wanted.length} bytes`, !got.equals(wanted) && `${got.length} bytes came`);
  report.check("the unlock page breaks no policy, loads nothing from elsewhere and logs no error", there);
  await mail.goto(site.origin + article);
  const offer = mail.locator(`[data-offer="${magnet}"]`).first();
  report.check("who has it is shown the next step", !(await offer.locator("[data-asked]").isVisible()) || (await offer.locator("form").isVisible()));
  await context.close();
}
{
  const context = await browser.newContext({ javaScriptEnabled: false });
  const page = await context.newPage();
  site.posts.length = 0;
  await page.goto(`${site.origin}${article}?${new URLSearchParams(POST)}`, { referer: REFERRER });
  await ask(page, false);
  report.check("what is known without JavaScript is sent", differ(posted(), { email: ADDRESS, magnet, utm_source: "" }));
  // Readers without JavaScript come by a short address, which has the words built in.
  await page.goto(`${site.origin}/go/winter-2026/handout/`);
  await ask(page, false);
  report.check("a short address says where the lead came from", differ(posted(), { utm_campaign: "winter-2026", utm_content: "handout" }));
  await context.close();
}
await browser.close();
await site.close();
report.close();
