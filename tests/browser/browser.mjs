import { chromium } from "playwright-core";

/** Debian's Chromium unless `CHROMIUM` names another. */
export const EXECUTABLE = process.env.CHROMIUM || "/usr/bin/chromium";

/** No sandbox, as tests run as root in containers; no traffic of the browser's own. */
export const FLAGS = [
  "--no-sandbox",
  "--disable-gpu",
  "--disable-dev-shm-usage",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-default-apps",
  "--disable-quic",
  "--disable-sync",
  "--no-first-run",
];

export function launch() {
  return chromium.launch({ executablePath: EXECUTABLE, args: FLAGS });
}

/** A browser whose profile lies on the disk, as readers have it. */
export function launchProfile(folder) {
  return chromium.launchPersistentContext(folder, { executablePath: EXECUTABLE, args: FLAGS });
}

/**
 * Collects what a page must not do: break its policy, log errors, lose a request, ask another origin.
 * `expected` are addresses whose own status may be 400 or more.
 */
export async function watch(page, origin, expected = []) {
  const found = [];
  await page.exposeFunction("reportPolicy", (text) => found.push(`policy: ${text}`));
  await page.addInitScript(() => {
    document.addEventListener("securitypolicyviolation", (e) => {
      globalThis.reportPolicy(`${e.violatedDirective} forbids ${e.blockedURI || "inline"} at ${e.sourceFile}:${e.lineNumber}`);
    });
  });
  page.on("console", (message) => {
    if (message.type() === "error" && !expected.includes(message.location().url)) found.push(`console: ${message.text()}`);
  });
  page.on("pageerror", (error) => found.push(`script: ${error.message}`));
  page.on("requestfailed", (request) => {
    const why = request.failure()?.errorText;
    // Aborted: the page was left before the file was there.
    if (why !== "net::ERR_ABORTED") found.push(`request: ${request.url()} ${why}`);
  });
  page.on("response", (response) => {
    if (response.status() >= 400 && !expected.includes(response.url())) found.push(`status ${response.status()}: ${response.url()}`);
  });
  page.on("request", (request) => {
    const url = new URL(request.url());
    if (!["data:", "blob:"].includes(url.protocol) && url.origin !== origin) found.push(`other origin: ${url.href}`);
  });
  return found;
}
