// Links of several kinds of magnets: files in parts, several files, links of former epochs, files larger than memory.
import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { mkdtemp, readFile, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { launch, launchProfile, watch } from "./browser.mjs";
import { violations } from "./axe-page.mjs";
import { Report, args } from "./report.mjs";
import { serve } from "./site.mjs";

const [folder, plan] = args(["FOLDER", "PLAN"]);
/** What to open: links and files. */
const { kit, former, ended, large, text } = JSON.parse(await readFile(plan, "utf8"));
const site = await serve(folder);
const browser = await launch();
const report = new Report();

const state = (page) => page.locator("#unlock-state").getAttribute("data-state");
const settled = (page, names, timeout = 30_000) =>
  page.waitForFunction((names) => names.includes(document.getElementById("unlock-state")?.dataset.state), names, { timeout });

async function visit(link, prepare, context) {
  context ??= await browser.newContext({ acceptDownloads: true });
  const page = await context.newPage();
  const found = await watch(page, site.origin);
  await prepare?.(page);
  const { pathname, hash } = new URL(link);
  await page.goto(site.origin + pathname + hash);
  return { page, found, close: () => context.close() };
}

/** A page must not break its policy; that it stops fetching what it has seen enough of is its right. */
const wrongs = (found) => found.filter((text) => !text.includes("net::ERR_ABORTED"));

if (kit) {
  const { page, found, close } = await visit(kit.link);
  await settled(page, ["ready", "damaged", "truncated", "network"]);
  const names = await page.locator("#unlock-files li span:first-child").allInnerTexts();
  const wanted = kit.files.map((f) => f.split("/").pop());
  report.check("the files are listed by their names", String(names) !== String(wanted) && `${names}`);
  report.check("the first button has the focus", !(await page.locator("#unlock-files button").first().evaluate((e) => e === document.activeElement)));
  for (const [i, file] of kit.files.entries()) {
    const item = page.locator("#unlock-files li").nth(i);
    await item.locator("button").click();
    await item.locator("a").waitFor({ timeout: 30_000 });
    const [download] = await Promise.all([page.waitForEvent("download"), item.locator("a").click()]);
    const got = await readFile(await download.path());
    report.check(`${wanted[i]} is equal, byte for byte`, !got.equals(await readFile(file)) && `${got.length} bytes came`);
    report.check("and has its name", download.suggestedFilename() !== wanted[i]);
  }
  report.check("several files in parts break no policy", wrongs(found));
  await close();
  const served = await readdir(`${folder}${new URL(kit.link).pathname.replace("unlock/", "")}`);
  report.check("there are parts", served.filter((f) => /\.sealed\.\d+$/.test(f)).length < 2);
}

const epochs = [["a former link in its grace", former, "done"], ["a former link after it", ended, "old"]];
for (const [what, link, wanted] of epochs.filter(([, link]) => link)) {
  const { page, close } = await visit(link);
  await settled(page, ["done", "old", "damaged"]);
  report.check(`${what}: ${await state(page)}`, (await state(page)) !== wanted);
  if (wanted === "old") {
    const ask = page.locator("#unlock-ask");
    const to = await ask.getAttribute("href");
    report.check("the page says where a new link comes from", !((await ask.isVisible()) && new URL(link).pathname.startsWith(to)));
  }
  await close();
}

if (text) {
  const words = (page) => page.locator(".gate-text").first().innerText();
  const state = (page, name) => page.waitForFunction((name) => document.querySelector(".gate-state")?.dataset.state === name, name, { timeout: 10_000 });
  const { page, found, close } = await visit(text.link);
  await state(page, "done");
  report.check("a sealed text is shown in its place", !(await words(page)).includes(text.words) && (await words(page)));
  report.check("its form is gone", await page.locator(".gate-closed").first().isVisible());
  report.check("it has the focus", !(await page.locator(".gate-text").first().evaluate((e) => e === document.activeElement)));
  report.check("its key left the address bar", new URL(page.url()).hash !== "");
  report.check("a text in the page breaks no policy", wrongs(found));
  report.check("a text in the page is accessible", await violations(page));
  report.check("nothing is remembered unasked", await page.evaluate(() => localStorage.length > 0));
  await page.locator(".gate-remember input").first().check();
  await page.goto(site.origin + new URL(text.link).pathname);
  await state(page, "done");
  report.check("where it is remembered, it is open", !(await words(page)).includes(text.words));
  await page.locator(".gate-remember input").first().uncheck();
  await page.reload();
  await page.waitForTimeout(300);
  report.check("and closed again when it is forgotten", (await page.locator(".gate-text").first().isVisible()) || !(await page.locator(".gate-closed").first().isVisible()));
  await close();
  for (const [what, link, name] of [["a damaged link", `${text.link.slice(0, -4)}AAAA`, "damaged"], ["a link of another edition", text.ended, "old"]]) {
    const { page, found, close } = await visit(link);
    await state(page, name);
    const said = page.locator(".gate-state").first();
    report.check(`${what} is said`, !((await said.isVisible()) && (await said.getAttribute("role")) === "status"));
    report.check("and the form stays", !(await page.locator(".gate-closed form").first().isVisible()));
    report.check("and accessible", await violations(page));
    report.check("without a breach", wrongs(found));
    await close();
  }
}

/** The picker, replaced where the browser meets the system: what is written lies in the page's private file system. */
function stubPicker(page) {
  return page.addInitScript(() => {
    globalThis.showSaveFilePicker = async ({ suggestedName }) => {
      const root = await navigator.storage.getDirectory();
      const handle = await root.getFileHandle(suggestedName, { create: true });
      globalThis.saved = handle;
      return handle;
    };
  });
}

/** Bytes that the renderers of the browser have in memory, all of them. */
async function renderers(client) {
  const { processInfo } = await client.send("SystemInfo.getProcessInfo");
  let bytes = 0;
  for (const { id } of processInfo.filter((p) => p.type === "renderer")) {
    const status = await readFile(`/proc/${id}/status`, "utf8").catch(() => "");
    // Shared pages are counted for each process, so only what is its own.
    bytes += Number(status.match(/^RssAnon:\s+(\d+) kB/m)?.[1] ?? 0) * 1024;
  }
  return bytes;
}

if (large) {
  // A profile on the disk: without one, the private file system lies in memory.
  const profile = await mkdtemp(join(tmpdir(), "hub-profile-"));
  const context = await launchProfile(profile);
  const { page, found, close } = await visit(large.link, stubPicker, context);
  await settled(page, ["ready", "damaged", "truncated", "network"]);
  const client = await context.browser().newBrowserCDPSession();
  const before = await renderers(client);
  let most = before;
  const watching = setInterval(() => void renderers(client).then((n) => (most = Math.max(most, n))), 100);
  await page.locator("#unlock-files button").click();
  await settled(page, ["saved", "damaged", "truncated", "network", "quota", "denied"], 240_000);
  clearInterval(watching);
  report.check(`a large file is saved by the picker: ${await state(page)}`, (await state(page)) !== "saved");
  const grown = (most - before) / 2 ** 20;
  report.check(`memory grew by ${grown.toFixed(0)} MiB`, grown > large.most && `more than ${large.most} MiB`);
  const hash = createHash("sha256");
  for await (const chunk of createReadStream(large.file)) hash.update(chunk);
  const wanted = hash.digest("hex");
  // Read in pieces, and hashed here: WebCrypto has no digest of streams.
  const again = createHash("sha256");
  const size = await page.evaluate(async () => (await globalThis.saved.getFile()).size);
  for (let at = 0; at < size; at += 32 << 20) {
    const piece = await page.evaluate(async (at) => {
      const file = await globalThis.saved.getFile();
      const blob = file.slice(at, at + (32 << 20));
      return new Promise((done) => {
        const reader = new FileReader();
        reader.onload = () => done(reader.result.slice(reader.result.indexOf(",") + 1));
        reader.readAsDataURL(blob);
      });
    }, at);
    again.update(Buffer.from(piece, "base64"));
  }
  report.check("it is equal, byte for byte", again.digest("hex") !== wanted && `${size} bytes`);
  report.check("saving breaks no policy", wrongs(found));
  await close();
  await rm(profile, { recursive: true });

  for (const [what, error, wanted] of [["no room on the disk", "QuotaExceededError", "quota"], ["a place that may not be written to", "NotAllowedError", "denied"]]) {
    const { page, close } = await visit(large.link, (page) =>
      page.addInitScript((error) => {
        globalThis.aborted = 0;
        const refuse = () => Promise.reject(new DOMException("no", error));
        const writable = { write: refuse, close: refuse, abort: async () => void globalThis.aborted++ };
        const createWritable = async () => (error === "NotAllowedError" ? refuse() : writable);
        globalThis.showSaveFilePicker = async () => ({ createWritable });
      }, error),
    );
    await settled(page, ["ready", "damaged", "truncated", "network"]);
    await page.locator("#unlock-files button").click();
    await settled(page, [wanted, "saved", "damaged"]);
    report.check(`${what}: ${await state(page)}`, (await state(page)) !== wanted);
    report.check("nothing half written is kept", wanted === "quota" && (await page.evaluate(() => globalThis.aborted)) !== 1);
    await close();
  }
  {
    const { page, close } = await visit(large.link, stubPicker);
    await settled(page, ["ready", "damaged", "truncated", "network"]);
    await page.locator("#unlock-files button").click();
    await page.waitForFunction(() => document.getElementById("unlock-progress").value > 40e6, null, { timeout: 60_000 });
    await page.context().setOffline(true);
    await settled(page, ["network", "saved"], 60_000);
    report.check(`offline in the middle: ${await state(page)}`, (await state(page)) !== "network");
    const size = await page.evaluate(async () => (await globalThis.saved.getFile()).size);
    report.check("no part of the file is left", size > 0 && `${size} bytes`);
    await page.context().setOffline(false);
    await page.locator("#unlock-again").click();
    await settled(page, ["saved", "damaged", "truncated"], 240_000);
    report.check("trying again saves all of it", (await state(page)) !== "saved");
    await close();
  }
}

await browser.close();
await site.close();
report.close();
