// Counts posts with the networks' own libraries: `node oracles.mjs ROWS.json`, rows as `hub share --format json` prints them.
// What stands there is what a person sees, so it is looked at for remains of markdown and HTML too.
import { readFileSync } from "node:fs";
import { RichText } from "@atproto/api";
import twitter from "twitter-text";

const rows = JSON.parse(readFileSync(process.argv[2], "utf8"));
const wrong = [];
const say = (row, why) => wrong.push(`${row.article} · ${row.network} · ${row.variant}: ${why}\n    ${JSON.stringify(row.text)}`);

const weight = (text) => twitter.parseTweet(text);
const segments = new Intl.Segmenter("en", { granularity: "grapheme" });
const graphemes = (text) => [...segments.segment(text)].length;
// docs.joinmastodon.org: an address counts 23, of @name@host the name.
const mastodon = (text) => graphemes(text.replace(/https?:\/\/\S+/g, "x".repeat(23)).replace(/(^|\s)(@\w+)@[\w.-]+\w/g, "$1$2"));

const counts = {
  x: (text) => weight(text).weightedLength,
  bluesky: (text) => new RichText({ text }).graphemeLength,
  mastodon,
};
const limits = { x: 280, bluesky: 300, mastodon: 500, threads: 500, linkedin: 3000, instagram: 2200, pinterest: 500, reddit: 300, hackernews: 80, "google-business": 1500 };

const seen = new Set();
for (const row of rows) {
  for (const text of [row.text, ...row.thread]) {
    const count = (counts[row.network] ?? graphemes)(text);
    if (count > (limits[row.network] ?? row.limit)) say(row, `counts ${count}`);
    if (text === row.text && counts[row.network] && count !== row.count) say(row, `counts ${count}, and hub says ${row.count}`);
    if (row.network === "x" && !weight(text).valid) say(row, "X refuses it");
    if (row.network === "bluesky" && Buffer.byteLength(text) > 3000) say(row, "too many bytes");
    const plain = text.replaceAll(row.url, "").replace(/\n\n#\w+( #\w+)*$/u, "");
    for (const rest of [/\*\*|__|~~/, /`/, /\]\(|!\[/, /^#{1,6} /m, /<\/?[a-z][^>]*>/i, /&(amp|lt|gt|quot|#\d+);/, /::/, /\{[{%]/, /\u0001/]) {
      if (rest.test(plain)) say(row, `holds ${rest}`);
    }
    const words = plain.trim();
    if (!/[\p{L}\p{N}.!?…:;,'"”’»)\]%€$。！？&+—–-]$/u.test(words)) say(row, "does not end on a word");
    if (/\s…$/u.test(words)) say(row, "has an ellipsis after a space");
    if (!words) say(row, "says nothing");
  }
  const url = new URL(row.url);
  const utm = url.searchParams;
  if (utm.get("utm_source") !== row.network || utm.get("utm_medium") !== "social") say(row, `has the link ${row.url}`);
  if (!utm.get("utm_campaign") || !utm.get("utm_content") || row.url !== row.url.toLowerCase().replace(url.pathname.toLowerCase(), url.pathname)) say(row, `has the link ${row.url}`);
  const found = twitter.extractUrls(row.text);
  if (row.link === "body" && !found.includes(row.url)) say(row, `its link is not found: ${found}`);
  if (row.link === "first_comment" && !row.first_comment.includes(row.url)) say(row, "its comment has no link");
  for (const tag of row.tags) {
    if (!twitter.extractHashtags(`#${tag}`).includes(tag)) say(row, `#${tag} is no tag`);
  }
  if (row.network === "bluesky") {
    const text = new RichText({ text: row.text });
    text.detectFacetsWithoutResolution();
    const links = (text.facets ?? []).flatMap((f) => f.features).map((f) => f.uri).filter(Boolean);
    if (!links.includes(row.url)) say(row, `Bluesky finds ${links}`);
  }
  const key = `${row.network} ${row.text.replaceAll(row.url, "").trim()}`;
  if (seen.has(key)) say(row, "says the same twice");
  seen.add(key);
  if (!row.alt || !row.card) say(row, "has no card");
}
if (wrong.length) {
  console.error(`${wrong.length} of ${rows.length} posts are wrong:\n${wrong.slice(0, 40).join("\n")}`);
  process.exit(1);
}
console.log(`${rows.length} posts`);
