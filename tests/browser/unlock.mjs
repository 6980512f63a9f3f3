import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { launch, watch } from "./browser.mjs";
import { violations } from "./axe-page.mjs";
import { Report, args } from "./report.mjs";
import { serve } from "./site.mjs";

const SETTLED = ["done", "no-key", "damaged", "old", "network", "truncated", "quota", "no-crypto"];
const SAVE = "#unlock-files a";

const [folder, link, file] = args(["FOLDER", "LINK", "FILE"]);
const wanted = await readFile(file);
const site = await serve(folder);
const browser = await launch();
const report = new Report();
const { pathname, hash } = new URL(link);

/** Opens the page with this fragment in a fresh profile, and waits until it has said how it went. */
async function open(fragment, prepare) {
  const context = await browser.newContext({ acceptDownloads: true });
  const page = await context.newPage();
  const found = await watch(page, site.origin);
  const fetched = [];
  page.on("request", (r) => r.resourceType() === "fetch" && fetched.push(r.url()));
  await prepare?.(page);
  await page.goto(site.origin + pathname + fragment);
  const state = page.locator("#unlock-state");
  await page.waitForFunction(
    (names) => names.includes(document.getElementById("unlock-state")?.dataset.state),
    SETTLED,
    { timeout: 20_000 },
  );
  return { page, found, fetched, state: await state.getAttribute("data-state"), close: () => context.close() };
}

/** A refusal: one of these messages, in words, and no file. */
async function refuses(what, states, fragment, prepare) {
  const visit = await open(fragment, prepare).catch((error) => error);
  if (visit instanceof Error) return report.check(what, `no message: ${visit.message.split("\n")[0]}`);
  const { page, state } = visit;
  const said = (await page.locator("#unlock-state").innerText()).trim();
  const promised = (await page.locator(`#unlock-messages [data-message="${state}"]`).textContent()).trim();
  const save = page.locator(SAVE);
  report.check(`${what}: ${state}`, [
    ...(states.includes(state) ? [] : [`expected ${states.join(" or ")}`]),
    ...(said && said === promised ? [] : [`shows ${JSON.stringify(said)}, not ${JSON.stringify(promised)}`]),
    ...((await page.locator("#unlock-state").isVisible()) ? [] : ["the message cannot be seen"]),
    ...((await save.isVisible()) || (await save.getAttribute("href")) ? ["a file is offered"] : []),
    ...((await page.locator("#unlock-progress").isVisible()) ? ["the progress bar stays"] : []),
    ...((await page.locator("#unlock-ask").isVisible()) === ["no-key", "damaged", "old"].includes(state) ? [] : ["the way to a new link is wrong"]),
    ...((await page.locator("#unlock-again").isVisible()) === ["network", "truncated"].includes(state) ? [] : ["the way to try again is wrong"]),
    ...((await page.locator("#unlock-remember").isVisible()) ? ["the page offers to remember a link that does not work"] : []),
    ...(await violations(page)),
    // After a failure of the network, loading the page again must still work.
    ...(Boolean(new URL(page.url()).hash) === (state === "network" && fragment !== "")
      ? []
      : [state === "network" ? "the key is lost" : "the key stays in the address bar"]),
  ]);
  await visit.close();
}

/** Another key of the same form: the first character exchanged. */
function damage(fragment) {
  return `#${fragment[1] === "A" ? "B" : "A"}${fragment.slice(2)}`;
}

/** Runs `then` while the site sends altered bytes for the sealed file. */
async function sending(alter, then) {
  site.alter = (path, body) => (sealed.has(site.origin + path) ? alter(body) : body);
  await then();
  site.alter = (_path, body) => body;
}

report.check("the link carries a key", !/^#[\w-]+$/.test(hash) && `its fragment is ${JSON.stringify(hash)}`);
const visit = await open(hash);
const sealed = new Set(visit.fetched);
report.check("the right link opens the file", visit.state !== "done" && `state is ${visit.state}`);
report.check("the page keeps to its policy, its origin and an empty console", visit.found);
report.check("one sealed file is fetched", sealed.size !== 1 && `${sealed.size} are`);
report.check("the key left the address bar", new URL(visit.page.url()).hash !== "");
report.check("the key was sent to nobody", site.posts.length > 0 || [...sealed].some((url) => url.includes(hash.slice(1))));
if (visit.state === "done") {
  const save = visit.page.locator(SAVE);
  report.check("the save link has the focus", !(await save.evaluate((e) => e === document.activeElement)));
  const [download] = await Promise.all([visit.page.waitForEvent("download", { timeout: 20_000 }), save.click()]);
  const name = file.split("/").pop();
  report.check("the file has its name", download.suggestedFilename() !== name && `${download.suggestedFilename()}, not ${name}`);
  const got = await readFile(await download.path());
  report.check(`the file has its ${wanted.length} bytes`, !got.equals(wanted) && `${got.length} bytes came, and they differ`);
}
await visit.close();
const sealedFile = join(folder, decodeURIComponent(new URL([...sealed][0]).pathname));

await refuses("a damaged key", ["damaged"], damage(hash));
await refuses("a cut key", ["damaged"], hash.slice(0, -5));
await refuses("a key in no alphabet", ["damaged"], "#%F0%9F%98%80");
await refuses("no key", ["no-key"], "");
await sending((body) => body.subarray(0, body.length - 1), () => refuses("the last byte missing", ["truncated"], hash));
await sending((body) => body.subarray(0, body.length >> 1), () => refuses("the second half missing", ["truncated"], hash));
if (segments(await readFile(sealedFile)) > 1) {
  await sending(lastSegmentCut, () => refuses("the last segment missing", ["truncated"], hash));
}
await sending((body) => body.subarray(0, 10), () => refuses("ten bytes only", ["truncated"], hash));
await sending(() => Buffer.alloc(0), () => refuses("an empty file", ["truncated"], hash));
await sending((body) => Buffer.concat([body, Buffer.alloc(1)]), () => refuses("a byte too many", ["truncated"], hash));
await sending(flipLast, () => refuses("a changed byte", ["truncated", "damaged"], hash));
await sending(() => null, () => refuses("a connection that breaks", ["network"], hash));
await sending(() => null, async () => {
  const { page, close } = await open(hash);
  site.alter = (_path, body) => body;
  await page.locator("#unlock-again").click();
  await page.locator(SAVE).waitFor({ timeout: 20_000 });
  report.check("trying again after that opens the file", new URL(page.url()).hash !== "" && "the key stays in the address bar");
  await close();
});
await refuses("a browser without a device's storage", ["quota"], hash, (page) =>
  page.addInitScript(() => {
    const Whole = globalThis.Blob;
    // What a browser does when it cannot keep a file: its own error, at the place where it keeps it.
    globalThis.Blob = class extends Whole {
      constructor(parts, options) {
        if (parts?.length) throw new DOMException("no room", "QuotaExceededError");
        super(parts, options);
      }
    };
  }),
);
{
  const { page, state, close } = await open(hash);
  const box = page.locator("#unlock-remember input");
  const kept = () => page.evaluate(() => Object.entries({ ...localStorage }));
  report.check("nothing is kept unless the reader says so", (await box.isChecked()) || (await kept()).length > 0);
  await box.check();
  await page.goto(site.origin + pathname);
  await page.locator(SAVE).waitFor({ timeout: 20_000 });
  report.check("a remembered link opens without its key", state !== "done" || (await kept()).length !== 1);
  await box.uncheck();
  report.check("and is forgotten", (await kept()).length > 0);
  await page.goto(`${site.origin}${pathname}?again`);
  await page.waitForFunction((names) => names.includes(document.getElementById("unlock-state")?.dataset.state), SETTLED);
  report.check("after which the page asks for the link", (await page.locator("#unlock-state").getAttribute("data-state")) !== "no-key");
  await page.evaluate(([name, key]) => localStorage.setItem(name, key), [`hub:magnet:${pathname.split("/").at(-3)}`, damage(hash).slice(1)]);
  await page.goto(`${site.origin}${pathname}?damaged`);
  await page.waitForFunction((names) => names.includes(document.getElementById("unlock-state")?.dataset.state), SETTLED);
  report.check("a remembered link that opens nothing is forgotten", (await kept()).length > 0);
  await close();
}
await refuses("an insecure page", ["no-crypto"], hash, (page) =>
  page.addInitScript(() => Object.defineProperty(globalThis, "isSecureContext", { value: false })),
);
await refuses("no network", ["network"], hash, (page) =>
  page.route((url) => sealed.has(url.href), (route) => route.abort("internetdisconnected")),
);
await refuses("a file that is gone", ["network"], hash, (page) =>
  page.route((url) => sealed.has(url.href), (route) => route.fulfill({ status: 404, body: "gone" })),
);

/** Where the header ends and how long a sealed segment is, as docs/gate-format.md says. */
function layout(body) {
  return { header: 20 + body[19] * 48, segment: body.readUInt32BE(8) + 16 };
}

function segments(body) {
  const { header, segment } = layout(body);
  return Math.ceil((body.length - header) / segment);
}

function lastSegmentCut(body) {
  const { header, segment } = layout(body);
  return body.subarray(0, header + (segments(body) - 1) * segment);
}

function flipLast(body) {
  const copy = Buffer.from(body);
  copy[copy.length - 1] ^= 1;
  return copy;
}

await browser.close();
await site.close();
report.close();
