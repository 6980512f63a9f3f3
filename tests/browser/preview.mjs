// `hub serve`, started for a test.
import { spawn } from "node:child_process";
import { mkdirSync, readdirSync } from "node:fs";

/** A preview of the site in a folder, on a port of its own. `close` ends it. */
export async function preview(hub, folder, more = {}) {
  const child = spawn(hub, ["serve", "--port", "0", "--root", folder], {
    env: { ...process.env, HUB_SECRET: "BwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwc", ...more },
    stdio: ["ignore", "ignore", "pipe"],
  });
  let said = "";
  const origin = await new Promise((found, failed) => {
    child.stderr.on("data", (piece) => {
      said += piece;
      const at = said.match(/http:\/\/[\d.:]+(?=\/_hub\/)/);
      if (at) found(at[0]);
    });
    child.on("exit", (code) => failed(new Error(`hub serve ended with ${code}\n${said}`)));
  });
  return {
    origin,
    said: () => said,
    close: () =>
      new Promise((done) => {
        child.removeAllListeners("exit");
        child.on("exit", done);
        child.kill("SIGINT");
      }),
  };
}

/** The files of a folder; none where it is not there. */
export function listed(folder) {
  mkdirSync(folder, { recursive: true });
  return readdirSync(folder).filter((name) => name.endsWith(".json"));
}
