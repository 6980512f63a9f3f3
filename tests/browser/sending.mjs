import { execFileSync } from "node:child_process";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { launch, watch } from "./browser.mjs";
import { Report, args } from "./report.mjs";
import { serve } from "./site.mjs";
import { fieldsOf, stub } from "./stub.mjs";

const ADDRESS = "reader+test@example.net";
const GUID = "9f1c0a52-6f0e-4a3b-8a11-0c5d7e2b9d44";
const axe = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");

/** `[forms.NAME]` for each way to answer. */
function forms(to) {
  const custom = (path, ajax, more = "") => `provider = "custom"\naction = "${to}/${path}"\najax = "${ajax}"\n${more}`;
  return {
    ok: custom("ok", "json", 'override = { redirect = "back" }'),
    slow: custom("slow", "json"),
    multipart: custom("ok", "json", 'override = { enctype = "multipart/form-data" }'),
    refused: custom("refused", "json"),
    e400: custom("400", "json"),
    e500: custom("500", "json"),
    broken: custom("break", "json"),
    opaque: custom("opaque", "opaque"),
    plain: custom("plain", "none", 'override = { redirect = "back" }'),
    hubspot: `provider = "hubspot"\nportal = "1"\nguid = "${GUID}"\nfields = ["first_name"]\nattribution = ["article"]\noverride = { action = "${to}/ok" }`,
    listmonk: `provider = "listmonk"\nroot = "${to}"\nlist = ["${GUID}"]\nfields = ["name"]`,
    many: custom(
      "ok",
      "json",
      `fields = ["phone", "message", { name = "topic", kind = "select", label = "Topic", choices = ["a", "b"], required = true, help = "Of the call" }, { name = "size", kind = "radio", label = "Size", choices = ["s", "m"], required = true }]\nboxes = [{ name = "rules", label = "I know the rules", purpose = "terms", required = true }, { name = "letter", label = "The letter too" }]`,
    ),
  };
}

function build(dir, hub, to) {
  const all = forms(to);
  const tables = Object.entries(all).map(([name, body]) => `[forms.${name}]\nconsent = "One e-mail."\n${body}\n`);
  writeFileSync(join(dir, "site.toml"), `title = "T"\nbase_url = "https://acme.io"\nenv = "test"\n${tables.join("")}`);
  for (const name of Object.keys(all)) {
    mkdirSync(join(dir, "content/magnets", name), { recursive: true });
    const thanks = '[thanks]\ntitle = "Look in your inbox"\ntext = "The link is on its way."';
    writeFileSync(
      join(dir, "content/magnets", name, "index.md"),
      `+++\ntitle = "${name}"\nkind = "newsletter"\nform = "${name}"\nbutton = "Send it"\n${thanks}\n+++\nText.\n`,
    );
  }
  execFileSync(hub, ["build", "--root", dir], { stdio: "pipe" });
  return join(dir, "public");
}

async function violations(page) {
  await page.evaluate(axe);
  const { violations: found } = await page.evaluate(() =>
    globalThis.axe.run(document, { resultTypes: ["violations"], rules: { "target-size": { enabled: true } } }),
  );
  return found.flatMap((v) => v.nodes.map((n) => `${v.id}: ${n.target.join(" ")}: ${v.help}`));
}

const [dir, hub] = args(["FOLDER", "HUB"]);
const provider = await stub();
const site = await serve(build(dir, hub, provider.origin));
const browser = await launch();
const report = new Report();

/** Opens a magnet's page, runs the steps, and checks that the page did nothing else. */
async function visit(name, steps, options = {}) {
  provider.posts.length = 0;
  const context = await browser.newContext({ reducedMotion: "reduce", ...options });
  const page = await context.newPage();
  const scripted = options.javaScriptEnabled !== false;
  const found = scripted ? await watch(page, site.origin) : [];
  await page.goto(`${site.origin}/magnets/${name}/`);
  const form = page.locator("form.form");
  const part = {
    page,
    form,
    email: form.locator('input[type="email"]'),
    button: form.locator('button[type="submit"]'),
    state: form.locator(".state"),
    sent: form.locator(".sent"),
    again: form.locator(".again button"),
  };
  const wrong = await steps(part).catch((error) => [`stopped: ${error.message.split("\n")[0]}`]);
  report.check(`${name}${scripted ? "" : " without JavaScript"}`, wrong);
  // The stub answers as the case asks it to; everything else is the page's fault.
  report.check(`${name}: policy, origin and console`, found.filter((line) => !line.includes(provider.origin) && !line.startsWith("console: Failed to load resource")));
  await context.close();
}

/** Tab to the field, type, Enter. */
async function enter({ page, email }) {
  for (let i = 0; i < 60 && !(await email.evaluate((e) => e === document.activeElement)); i += 1) await page.keyboard.press("Tab");
  await page.keyboard.type(ADDRESS);
  await page.keyboard.press("Enter");
}

const focused = (locator) => locator.evaluate((e) => e === document.activeElement);
const unless = (holds, why) => (holds ? [] : [why]);

/** One request, with what a provider needs. */
async function received(type, names = { email: ADDRESS }) {
  if (provider.posts.length !== 1) return [`${provider.posts.length} requests, not 1`];
  const [post] = provider.posts;
  const fields = await fieldsOf(post);
  return [
    ...unless(post.type.startsWith(type), `type ${post.type}`),
    ...Object.entries(names).flatMap(([name, value]) => unless(fields[name] === value, `${name} is ${JSON.stringify(fields[name])}`)),
  ];
}

/** The message of an error: in the live region, focused, and what was entered is still there. */
async function failed(part, words, again) {
  await enter(part);
  await part.page.waitForFunction(() => !["", "sending"].includes(document.querySelector("form.form").dataset.state ?? ""));
  return [
    ...unless((await part.state.getAttribute("role")) === "status", "no live region"),
    ...unless((await part.state.textContent()).includes(words), `it says “${await part.state.textContent()}”`),
    ...unless(await focused(part.state), "the message has no focus"),
    ...unless((await part.email.inputValue()) === ADDRESS, "the address is gone"),
    ...unless((await part.sent.isVisible()) === false, "it claims success"),
    ...unless((await part.button.textContent()) === "Send it", "the button is still busy"),
    ...unless((await part.again.isVisible()) === again, `the other way is ${again ? "not " : ""}offered`),
    ...(await violations(part.page)),
  ];
}

/** Success in place. */
async function succeeded(part, words) {
  await part.sent.waitFor({ state: "visible" });
  return [
    ...unless((await part.sent.textContent()).includes(words), `it says “${await part.sent.textContent()}”`),
    ...unless(await focused(part.sent), "the message has no focus"),
    ...unless((await part.email.isVisible()) === false, "the form is still there"),
    ...unless(new URL(part.page.url()).origin === site.origin, `it went to ${part.page.url()}`),
    ...(await violations(part.page)),
  ];
}

const URLENCODED = "application/x-www-form-urlencoded";

await visit("ok", async (part) => {
  await part.page.evaluate(() => document.addEventListener("hub:sent", (e) => (globalThis.certain = e.detail.certain)));
  const before = await violations(part.page);
  await enter(part);
  const after = await succeeded(part, "Look in your inbox");
  const { seconds, consent_version: version } = await fieldsOf(provider.posts[0]);
  return [
    ...before,
    ...after,
    ...(await received(URLENCODED, { email: ADDRESS, magnet: "ok", placement: "landing" })),
    ...unless(/^\d+$/.test(seconds), `seconds is ${seconds}`),
    ...unless(version, "no consent_version"),
    ...unless(await part.page.evaluate(() => globalThis.certain === true), "no event"),
    ...unless((await part.sent.getByRole("link").getAttribute("href")) === "/magnets/ok/thanks/", "no way to the next step"),
  ];
});

await visit("ok", async ({ page, email, button, state }) => {
  await button.click();
  const described = async () => (await email.getAttribute("aria-describedby")) ?? "";
  const wrong = [
    ...unless((await email.getAttribute("aria-invalid")) === "true", "the field is not marked"),
    ...unless((await described()).includes("ok-landing-email-error"), "the error does not describe the field"),
    ...unless(await page.locator("#ok-landing-email-error").isVisible(), "the error is not shown"),
    ...unless(await focused(email), "the field has no focus"),
    ...unless((await state.textContent()).includes("marked field"), "the live region says nothing"),
    ...(await violations(page)),
  ];
  await page.keyboard.type(ADDRESS);
  return [
    ...wrong,
    ...unless((await email.getAttribute("aria-invalid")) === null, "a field that is right stays marked"),
    ...unless(provider.posts.length === 0, "it was sent"),
  ];
});

await visit("slow", async (part) => {
  await enter(part);
  await part.page.keyboard.press("Enter");
  const busy = [
    ...unless((await part.button.getAttribute("aria-disabled")) === "true", "the button is not busy"),
    ...unless((await part.state.textContent()).startsWith("Sending"), "the live region does not say it"),
    ...(await violations(part.page)),
  ];
  return [...busy, ...(await succeeded(part, "Look in your inbox")), ...(await received(URLENCODED))];
});

await visit("multipart", async (part) => {
  await enter(part);
  return [...(await succeeded(part, "Look in your inbox")), ...(await received("multipart/form-data; boundary="))];
});

await visit("refused", (part) => failed(part, "not accepted", false));
await visit("e400", (part) => failed(part, "not accepted", false));
await visit("broken", (part) => failed(part, "connection failed", true));
await visit("e500", async (part) => {
  const wrong = await failed(part, "could not be received", true);
  provider.posts.length = 0;
  await part.again.click();
  await part.page.getByRole("heading", { name: "Provider" }).waitFor();
  return [...wrong, ...(await received(URLENCODED))];
});

await visit("opaque", async (part) => {
  await part.page.evaluate(() => document.addEventListener("hub:sent", (e) => (globalThis.certain = e.detail.certain)));
  await enter(part);
  const wrong = [
    ...(await succeeded(part, "If none comes")),
    ...(await received(URLENCODED)),
    ...unless(!/arrived|on its way/.test(await part.sent.textContent()), "it claims what nobody knows"),
    ...unless(await part.page.evaluate(() => globalThis.certain === false), "the event claims it"),
  ];
  provider.posts.length = 0;
  await part.sent.getByRole("button").click();
  await part.page.getByRole("heading", { name: "Provider" }).waitFor();
  return [...wrong, ...(await received(URLENCODED))];
});

await visit("plain", async (part) => {
  await enter(part);
  await part.page.waitForURL("**/magnets/plain/thanks/");
  const { seconds } = await fieldsOf(provider.posts[0]);
  return [...(await received(URLENCODED)), ...unless(/^\d+$/.test(seconds), `seconds is ${seconds}`)];
});

await visit("hubspot", async (part) => {
  await enter(part);
  const wrong = await succeeded(part, "Look in your inbox");
  const [{ type, body }] = provider.posts;
  const { fields, context } = JSON.parse(body);
  const wanted = [["article", "hubspot"], ["email", ADDRESS]].map(([name, value]) => ({ objectTypeId: "0-1", name, value }));
  return [
    ...wrong,
    ...unless(type === "application/json", `type ${type}`),
    ...unless(JSON.stringify(fields) === JSON.stringify(wanted), `fields ${JSON.stringify(fields)}`),
    ...unless(context.pageUri === `${site.origin}/magnets/hubspot/` && context.pageName, `context ${JSON.stringify(context)}`),
  ];
});

await visit("listmonk", async (part) => {
  await part.form.getByLabel("Name").fill("Ann");
  await enter(part);
  const wrong = await succeeded(part, "Look in your inbox");
  const [{ path, body }] = provider.posts;
  return [
    ...wrong,
    ...unless(path === "/api/public/subscription", `sent to ${path}`),
    ...unless(body === JSON.stringify({ email: ADDRESS, name: "Ann", list_uuids: [GUID] }), body),
  ];
});

await visit("many", async (part) => {
  const { page, form, email, button } = part;
  const before = await violations(page);
  await email.fill(ADDRESS);
  await form.getByLabel("Telephone number").fill("call me");
  await button.click();
  const group = form.getByRole("radiogroup", { name: "Size" });
  const invalid = await form.locator("[aria-invalid]").evaluateAll((all) => all.map((e) => e.id.replace("many-landing-", "")));
  const wrong = [
    ...before,
    ...unless(invalid.join() === "phone,topic,size,rules", `marked: ${invalid}`),
    ...unless((await group.getAttribute("aria-describedby")) === "many-landing-size-error", "the group is not described"),
    ...(await violations(page)),
  ];
  await form.getByLabel("Telephone number").fill("+49 (0)30 123-45.6/7");
  await form.getByLabel("Topic").selectOption("b");
  await form.getByLabel("m", { exact: true }).check();
  await form.getByLabel("I know the rules").check();
  await button.click();
  const sent = await succeeded(part, "Look in your inbox");
  const fields = await fieldsOf(provider.posts[0]);
  return [
    ...wrong,
    ...sent,
    ...(await received(URLENCODED, { topic: "b", size: "m", rules: "yes", phone: "+49 (0)30 123-45.6/7" })),
    ...unless(fields.letter === undefined, "a box is sent that nobody ticked"),
  ];
});

const noScript = { javaScriptEnabled: false };
for (const name of ["ok", "plain"]) {
  await visit(
    name,
    async (part) => {
      await enter(part);
      await part.page.waitForURL(`**/magnets/${name}/thanks/`);
      return received(URLENCODED);
    },
    noScript,
  );
}
await visit(
  "hubspot",
  async ({ page, button }) => [
    ...unless(await button.isDisabled(), "the button promises what cannot be"),
    ...unless(await page.locator("noscript p").isVisible(), "nothing says why"),
  ],
  noScript,
);

await browser.close();
await site.close();
await provider.close();
report.close();
