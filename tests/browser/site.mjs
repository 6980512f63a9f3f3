import { createServer } from "node:http";
import { createReadStream } from "node:fs";
import { readFile, readdir, stat } from "node:fs/promises";
import { extname, join, sep } from "node:path";
import { gzipSync } from "node:zlib";

const TYPES = {
  ".css": "text/css; charset=utf-8",
  ".html": "text/html; charset=utf-8",
  ".ics": "text/calendar; charset=utf-8",
  ".ico": "image/vnd.microsoft.icon",
  ".jpg": "image/jpeg",
  ".js": "text/javascript; charset=utf-8",
  ".json": "application/json",
  ".pdf": "application/pdf",
  ".png": "image/png",
  ".svg": "image/svg+xml",
  ".txt": "text/plain; charset=utf-8",
  ".webmanifest": "application/manifest+json",
  ".webp": "image/webp",
  ".woff2": "font/woff2",
  ".xml": "application/xml",
};
/** Files above this many bytes are sent as they are read. */
const STREAMED = 64 << 20;
const COMPRESSED = /^(text\/|application\/(json|manifest|xml)|image\/svg)/;

/** Every file of a built folder, as paths with `/`, sorted. */
export async function files(folder) {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  return entries
    .filter((e) => e.isFile())
    .map((e) => join(e.parentPath ?? e.path, e.name).slice(join(folder, "/").length).split(sep).join("/"))
    .sort();
}

/** The address of an HTML file: `a/index.html` is `/a/`. */
export function address(file) {
  return `/${file.replace(/(^|\/)index\.html$/, "$1")}`;
}

/** The blocks of a `_headers` file in Netlify's syntax. */
export function parseHeaders(text) {
  const blocks = [];
  for (const line of text.split("\n")) {
    if (!line.trim() || line.trim().startsWith("#")) continue;
    if (!/^\s/.test(line)) {
      const pattern = line.trim().replace(/[.+?^${}()|[\]\\]/g, "\\$&").replaceAll("*", ".*");
      blocks.push({ path: new RegExp(`^${pattern}$`), headers: [] });
    } else {
      const [, name, value] = line.match(/^\s+([^:\s]+):\s*(.*)$/) ?? [];
      if (!name || !blocks.length) throw new Error(`_headers: not a header: ${line}`);
      blocks.at(-1).headers.push([name, value.trim()]);
    }
  }
  return blocks;
}

/** All blocks that match apply; a name given twice is joined, as Netlify does. */
function headersFor(blocks, path) {
  const found = new Map();
  for (const block of blocks.filter((b) => b.path.test(path))) {
    for (const [name, value] of block.headers) {
      const key = name.toLowerCase();
      found.set(key, found.has(key) ? `${found.get(key)}, ${value}` : value);
    }
  }
  return Object.fromEntries(found);
}

async function read(folder, path) {
  const inside = decodeURIComponent(path).split("/").filter((part) => part && part !== "..").join("/");
  const file = path.endsWith("/") ? join(inside, "index.html") : inside;
  try {
    const full = join(folder, file);
    const found = await stat(full);
    if (found.isDirectory()) return { redirect: `${path}/` };
    if (found.size > STREAMED) return { file, full, size: found.size };
    return { file, body: await readFile(full) };
  } catch {
    return null;
  }
}

async function bodyOf(request) {
  const parts = [];
  for await (const part of request) parts.push(part);
  return Buffer.concat(parts).toString("utf8");
}

/**
 * Serves a built folder on loopback as a static host does. `posts` holds what was posted, and a POST gets the page at
 * its address. `alter(path, body)` may return other bytes, or null to break the connection half way.
 */
export async function serve(folder, { alter = (_path, body) => body } = {}) {
  const rules = parseHeaders(await readFile(join(folder, "_headers"), "utf8").catch(() => ""));
  const site = { posts: [], alter };

  async function answer(request, response) {
    const path = new URL(request.url, "http://localhost").pathname;
    if (request.method === "POST") {
      site.posts.push({ path, type: request.headers["content-type"] ?? "", body: await bodyOf(request) });
    }
    const found = await read(folder, path);
    if (found?.redirect) return response.writeHead(301, { location: found.redirect }).end();
    const missing = found ? null : await read(folder, "/404.html");
    const served = found ?? missing ?? { file: "none.txt", body: Buffer.from("not found") };
    const type = TYPES[extname(served.file)] ?? "application/octet-stream";
    const headers = { "content-type": type, ...headersFor(rules, path) };
    if (served.full) {
      response.writeHead(200, { ...headers, "content-length": served.size });
      createReadStream(served.full).pipe(response);
      return;
    }
    let body = site.alter(path, served.body);
    if (body === null) {
      response.writeHead(200, { ...headers, "content-length": served.body.length });
      response.write(served.body.subarray(0, served.body.length >> 1), () => response.destroy());
      return;
    }
    if (COMPRESSED.test(type) && /\bgzip\b/.test(request.headers["accept-encoding"] ?? "")) {
      body = gzipSync(body);
      headers["content-encoding"] = "gzip";
      headers.vary = "accept-encoding";
    }
    headers["content-length"] = body.length;
    response.writeHead(found ? 200 : 404, headers).end(request.method === "HEAD" ? undefined : body);
  }

  const server = createServer((request, response) => {
    answer(request, response).catch((error) => response.writeHead(500).end(String(error)));
  });
  await new Promise((done) => server.listen(0, "127.0.0.1", done));
  site.origin = `http://127.0.0.1:${server.address().port}`;
  site.close = () => {
    server.closeAllConnections();
    return new Promise((done) => server.close(done));
  };
  return site;
}
