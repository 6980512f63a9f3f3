// Keeps an open page up to date, and says what is wrong with it. Part of `hub serve`; no published page has it.
(() => {
  "use strict";
  const { path, page, shape } = document.currentScript.dataset;
  const KEPT = `hub:kept:${location.pathname}`;

  // What a reader of the page has done to it survives a reload: how far it was scrolled, what was filled in, what was opened.
  const controls = () => [...document.querySelectorAll("input, textarea, select")].filter((c) => c.type !== "password" && c.type !== "file");
  const opened = () => [...document.querySelectorAll("details")];
  const ticks = (control) => control.type === "checkbox" || control.type === "radio";

  const keep = () => {
    const all = controls();
    const fields = all.map((c) => [c.name, ticks(c) ? c.checked : c.value, ticks(c) ? c.defaultChecked : c.defaultValue]);
    const at = all.indexOf(document.activeElement);
    const selection = at >= 0 && /^(text|search|url|tel|textarea)$/.test(all[at].type) ? [all[at].selectionStart, all[at].selectionEnd] : null;
    const state = { scroll: [scrollX, scrollY], fields, at, selection, open: opened().map((d) => d.open) };
    try {
      sessionStorage.setItem(KEPT, JSON.stringify(state));
    } catch {
      // A browser that keeps nothing loses it.
    }
  };

  const restore = () => {
    let state;
    try {
      state = JSON.parse(sessionStorage.getItem(KEPT));
      sessionStorage.removeItem(KEPT);
    } catch {
      return;
    }
    if (!state) return;
    history.scrollRestoration = "manual";
    // A name may be that of several fields: the first in the old page is the first in the new one.
    const left = state.fields.map((field, i) => [...field, i]);
    for (const control of controls()) {
      const found = left.findIndex(([name]) => name === control.name);
      if (found < 0) continue;
      const [, value, initial, i] = left.splice(found, 1)[0];
      if (value !== initial) {
        if (ticks(control)) control.checked = value;
        else control.value = value;
        control.dispatchEvent(new Event("input", { bubbles: true }));
      }
      if (i === state.at) {
        control.focus({ preventScroll: true });
        if (state.selection) control.setSelectionRange(...state.selection);
      }
    }
    opened().forEach((details, i) => state.open[i] !== undefined && (details.open = state.open[i]));
    scrollTo({ left: state.scroll[0], top: state.scroll[1], behavior: "instant" });
  };

  // A style sheet that changed takes the place of the old one when it is there, so that the page is never bare.
  const swap = (link, href, integrity) => {
    const next = link.cloneNode();
    next.href = href;
    if (integrity) next.integrity = integrity;
    else next.removeAttribute("integrity");
    next.onload = next.onerror = () => link.remove();
    link.after(next);
  };
  const sheets = () => [...document.querySelectorAll('link[rel="stylesheet"]')];
  let version = 0;
  const fresh = (address) => {
    const url = new URL(address, location.href);
    url.searchParams.set("hub", `${Date.now()}-${(version += 1)}`);
    return url.href;
  };
  const same = (address, paths) => {
    const url = new URL(address, location.href);
    return url.origin === location.origin && paths.includes(url.pathname);
  };

  const on = {
    reload() {
      keep();
      location.reload();
    },
    styles(wanted) {
      sheets().forEach((link, i) => wanted[i] && link.getAttribute("href") !== wanted[i].href && swap(link, wanted[i].href, wanted[i].integrity));
    },
    files(paths) {
      if ([...document.scripts].some((script) => script.src && same(script.src, paths))) return on.reload();
      sheets().forEach((link) => same(link.href, paths) && swap(link, fresh(link.href), ""));
      document.querySelectorAll("img[src]").forEach((image) => same(image.src, paths) && (image.src = fresh(image.src)));
    },
    problems(found) {
      show(found);
    },
  };

  // What is wrong is drawn apart from the page: its styles do not reach in, and ours do not reach out.
  let host;
  let hidden = "";
  const element = (name, attributes = {}, ...children) => {
    const made = document.createElement(name);
    Object.entries(attributes).forEach(([key, value]) => made.setAttribute(key, value));
    made.append(...children);
    return made;
  };
  const plural = (n, noun) => `${n} ${noun}${n === 1 ? "" : "s"}`;

  const show = (found) => {
    const body = [];
    if (found.here.length && hidden !== JSON.stringify(found.here)) {
      const close = element("button", { type: "button" }, "Hide");
      const panel = element("section", { class: "panel", "aria-labelledby": "title", tabindex: "-1" });
      const title = element("h2", { id: "title" }, `${plural(found.here.length, "error")} on this page`);
      const note = found.earlier ? "Below is the page as it last was without errors." : "The page below has them.";
      panel.append(element("header", {}, title, element("p", {}, note), close));
      for (const finding of found.here) {
        const drawn = element("pre", { tabindex: "0", role: "region", "aria-label": finding.place || "error" });
        // Drawn and escaped by the server.
        drawn.innerHTML = finding.html;
        const open = finding.open ? [element("a", { href: finding.open }, `Open ${finding.place}`)] : [];
        panel.append(element("article", {}, drawn, ...open));
      }
      const hide = () => {
        hidden = JSON.stringify(found.here);
        show(found);
      };
      close.onclick = hide;
      panel.onkeydown = (event) => event.key === "Escape" && hide();
      body.push(panel);
    } else if (found.errors || found.warnings) {
      const parts = [found.errors && plural(found.errors, "error"), found.warnings && plural(found.warnings, "warning")];
      const kind = found.errors ? "badge error" : "badge";
      body.push(element("a", { class: kind, href: "/_hub/diagnostics", "aria-label": `${parts.filter(Boolean).join(", ")} on this site: open the desk` }, parts.filter(Boolean).join(" · ")));
    }
    if (!found.here.length) hidden = "";
    if (!body.length) {
      host?.remove();
      host = undefined;
      return;
    }
    if (!host) {
      host = element("hub-problems");
      host.attachShadow({ mode: "open" });
    }
    const style = host.shadowRoot.querySelector("link") ?? element("link", { rel: "stylesheet", href: "/_hub/assets/live.css" });
    const status = element("div", { role: "status" }, ...body);
    host.shadowRoot.replaceChildren(style, status);
    // Below the root and not in the body, which pages hide and move as they like.
    if (!host.isConnected) document.documentElement.append(host);
  };

  restore();
  const address = `/_hub/live?path=${encodeURIComponent(path)}&page=${page}&shape=${shape}`;
  const events = new EventSource(address);
  for (const [name, act] of Object.entries(on)) {
    events.addEventListener(name, (event) => act(JSON.parse(event.data)));
  }
  // A browser that goes back to the page shows it as it was: it asks again.
  addEventListener("pageshow", (event) => event.persisted && on.reload());
  addEventListener("pagehide", () => events.close());
})();
