import { createServer } from "node:http";

async function bodyOf(request) {
  const parts = [];
  for await (const part of request) parts.push(part);
  return Buffer.concat(parts).toString("utf8");
}

/** The fields of a body, as a provider reads them: of a form in either encoding, or the JSON itself. */
export async function fieldsOf({ type, body }) {
  if (type.startsWith("application/json")) return JSON.parse(body);
  const data = await new Response(body, { headers: { "content-type": type } }).formData();
  return Object.fromEntries(data);
}

/**
 * A provider's endpoint on loopback. The path says how it answers: `/ok`, `/refused` (200, and the text says no), `/400`, `/500`,
 * `/slow`, `/break` (no answer), `/opaque` (an answer that scripts of other origins may not read), `/plain` (a redirect to the
 * page in the field `back`).
 */
export async function stub() {
  const found = { posts: [] };
  const answer = async (request, response) => {
    const { pathname } = new URL(request.url, "http://localhost");
    const cors = pathname.startsWith("/opaque")
      ? {}
      : { "access-control-allow-origin": "*", "access-control-allow-headers": "content-type, accept" };
    if (request.method === "OPTIONS") return response.writeHead(204, cors).end();
    const post = { path: pathname, type: request.headers["content-type"] ?? "", body: await bodyOf(request) };
    if (request.method === "POST") found.posts.push(post);
    const json = (status, value) => response.writeHead(status, { ...cors, "content-type": "application/json" }).end(JSON.stringify(value));
    // A form that is sent plainly wants a page.
    if (request.headers["sec-fetch-mode"] === "navigate") {
      const back = (await fieldsOf(post)).back;
      if (back) return response.writeHead(303, { location: request.headers.origin + new URL(back).pathname }).end();
      return response.writeHead(200, { "content-type": "text/html" }).end("<!DOCTYPE html><title>Provider</title><h1>Provider</h1>");
    }
    switch (pathname) {
      case "/break":
        return request.socket.destroy();
      case "/refused":
        return json(200, { success: false });
      case "/400":
      case "/500":
        return json(Number(pathname.slice(1)), { errors: [{ message: "no" }] });
      case "/slow":
        await new Promise((done) => setTimeout(done, 600));
        return json(200, { ok: true });
      default:
        return json(200, { success: true });
    }
  };
  const server = createServer((request, response) => {
    answer(request, response).catch((error) => response.writeHead(500).end(String(error)));
  });
  await new Promise((done) => server.listen(0, "127.0.0.1", done));
  found.origin = `http://127.0.0.1:${server.address().port}`;
  found.close = () => {
    server.closeAllConnections();
    return new Promise((done) => server.close(done));
  };
  return found;
}
