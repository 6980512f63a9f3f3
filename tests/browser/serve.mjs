// What an author sees while editing: `node serve.mjs HUB ROOT SECRET`.
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { launch, watch } from "./browser.mjs";

const [hub, root, secret] = process.argv.slice(2);

async function serve(port = "0") {
  const child = spawn(hub, ["serve", "--root", root, "--port", port], { env: { ...process.env, CI: "", HUB_SECRET: secret }, stdio: ["ignore", "ignore", "pipe"] });
  let said = "";
  const base = await new Promise((ready, failed) => {
    child.stderr.on("data", (data) => {
      said += data;
      const at = said.match(/site\s+(?:\x1b\[\d*m)*(http:\/\/[\d.]+:\d+)/);
      if (at && said.includes("Ctrl-C")) ready(at[1]);
    });
    child.on("exit", () => failed(new Error(said)));
  });
  const stop = () => new Promise((done) => (child.on("exit", done), child.kill("SIGINT")));
  return { base, stop };
}

const file = (path) => join(root, path);
const put = (path, text) => writeFile(file(path), text);
const article = (title, body) => `+++\ntitle = "${title}"\ndate = 2026-01-01\ntags = ["one"]\n+++\n${body}\n`;

let server = await serve();
const { base } = server;
const browser = await launch();
const context = await browser.newContext();
const page = await context.newPage();
const other = await context.newPage(); if (process.env.DEBUG) { other.on("console", (m) => console.log("C", m.text())); other.on("pageerror", (e) => console.log("E", e.message)); other.on("request", (r) => console.log("R", r.url())); other.on("requestfailed", (r) => console.log("F", r.url())); }
const found = await watch(page, base);
let loads = 0;
page.on("framenavigated", (frame) => frame === page.mainFrame() && (loads += 1));
const text = (of, words) => of.waitForFunction((w) => document.body.textContent.includes(w), words);

// An edit of the text, in two browsers at once; each where it stands.
await page.goto(`${base}/articles/a/`, { waitUntil: "networkidle" }).catch(() => {});
await page.waitForTimeout(300);
await other.goto(`${base}/articles/a/`);
loads = 0;
await put("content/articles/a.md", article("First", "body two\n\nand a paragraph more"));
await text(page, "and a paragraph more");
await text(other, "and a paragraph more");
await put("content/articles/a.md", article("First", "body three"));
await text(page, "body three");
assert.ok(!(await page.textContent("body")).includes("and a paragraph more"));
assert.equal(loads, 0, "text is put in where it stands");
// What is seen equals what a reload gives.
const seen = await page.evaluate(() => document.querySelector("main").innerHTML);
await page.reload();
assert.equal(await page.evaluate(() => document.querySelector("main").innerHTML), seen);
assert.equal(await page.title(), await other.title());

// An edit elsewhere leaves the page alone.
await page.waitForTimeout(300);
loads = 0;
await page.evaluate(() => (window.untouched = true));
await put("content/articles/b.md", article("Second", "quite another thing"));
await other.goto(`${base}/articles/b/`);
await text(other, "quite another thing");
await page.waitForTimeout(200);
assert.equal(await page.evaluate(() => window.untouched), true);
assert.equal(loads, 0);

// A title stands on lists.
await other.goto(`${base}/tags/one/`);
await put("content/articles/a.md", article("A new name", "body three"));
await text(other, "A new name");
await text(page, "A new name");

// Styles swap without a load: those with a digest in their name, and those without.
await page.goto(`${base}/about/`);
await page.waitForTimeout(300);
loads = 0;
const style = (name) => page.evaluate((n) => getComputedStyle(document.querySelector("h1"))[n], name);
assert.equal(await style("color"), "rgb(1, 2, 3)");
await put("assets/css/own.css", "h1{color:rgb(4, 5, 6)}");
await page.waitForFunction(() => getComputedStyle(document.querySelector("h1")).color === "rgb(4, 5, 6)");
await put("static/bare.css", "h1{margin-left:2px}");
await page.waitForFunction(() => getComputedStyle(document.querySelector("h1")).marginLeft === "2px");
assert.equal(loads, 0, "styles need no load");

// A reload keeps what was filled in, and where the reader was. What listens is replaced by a reload only.
await page.waitForTimeout(300);
await page.fill("input[name=n]", "half filled");
await page.evaluate(() => window.scrollTo(0, 700));
const template = await readFile(file("templates/page.html"), "utf8");
await put("templates/page.html", template.replace("<form>", "<form><label>New <input name=\"m\"></label>"));
await page.waitForSelector("input[name=m]");
assert.ok(loads > 0);
await page.waitForFunction(() => document.querySelector("input[name=n]").value === "half filled");
await page.waitForFunction(() => Math.abs(scrollY - 700) < 5);

// An error covers the page as it last was, and goes with its cause.
const panel = page.locator("hub-problems .panel");
await put("templates/page.html", template.replace("{{ article.title }}", "{{ article.titel }}"));
await panel.waitFor();
const said = await panel.textContent();
assert.match(said, /titel/);
assert.match(said, /templates\/page\.html:1:\d+/);
assert.match(said, /\^/);
assert.match(await panel.locator("a").first().getAttribute("href"), /^vscode:\/\/file\/.*templates\/page\.html:1:\d+$/);
assert.equal(await page.inputValue("input[name=n]"), "half filled");
await page.screenshot({ path: process.env.HUB_SHOT ? join(process.env.HUB_SHOT, "overlay.png") : undefined });
await page.keyboard.press("Tab");
await panel.locator("button").click();
await panel.waitFor({ state: "detached" });
await put("templates/page.html", template.replace("{{ article.title }}", "{{ article.titel }}."));
await panel.waitFor();
// A page that is opened now says so too.
await other.goto(`${base}/about/`);
await other.locator("hub-problems .panel").waitFor();
await put("templates/page.html", template);
await panel.waitFor({ state: "detached" });
await other.locator("hub-problems .panel").waitFor({ state: "detached" });

// An error of another page is a quiet word that leads to the desk.
await put("content/articles/b.md", article("Second", "[nowhere](nothing.md)"));
await page.locator("hub-problems .badge").waitFor();
assert.match(await page.locator("hub-problems .badge").textContent(), /1 error/);
await put("content/articles/b.md", article("Second", "fine"));
await page.locator("hub-problems .badge.error").waitFor({ state: "detached" });

// A server that comes back finds its pages again.
await other.goto(`${base}/articles/a/`);
await other.waitForTimeout(300);
await page.goto("about:blank");
await server.stop();
await put("content/articles/a.md", article("A new name", "changed while nobody served"));
server = await serve(new URL(base).port);
assert.equal(server.base, base);
await text(other, "changed while nobody served");
await put("content/articles/a.md", article("A new name", "and after that"));
await text(other, "and after that");

// A page that was not there.
await other.goto(`${base}/articles/new/`);
await put("content/articles/new.md", article("New", "now it is"));
await text(other, "now it is");

assert.deepEqual(found, []);
await browser.close();
await server.stop();
console.log("ok");
