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

  // An edit is put into the page where it stands, if that gives what a reload would: the page as it was sent, the page as it is sent
  // now, and the page as it lies before the reader are compared. Where a script changed what an edit changes, or something that
  // listens would be replaced, the page is loaded again.
  const LISTENS = "form, button, input, select, textarea, dialog, script, iframe, video, audio, canvas, object, [tabindex], [contenteditable]";
  const DATA = 'script[type="application/ld+json"]';
  let host;
  let sent;
  let turn = Promise.resolve();
  const read = async () => {
    const answer = await fetch(location.href, { headers: { accept: "text/html" } });
    return new DOMParser().parseFromString(await answer.text(), "text/html");
  };
  const digests = (page) => page.querySelector("script[data-page]")?.dataset ?? {};

  /** What must be done to `live`, which was sent as `old`, so that it is as `next`; throws where only a reload can do it. */
  const edits = (old, next, live, out) => {
    if (old.isEqualNode(next)) return;
    if (old.nodeType !== next.nodeType || old.nodeName !== next.nodeName || live.nodeName !== old.nodeName) throw new Error("another node");
    if (old.nodeType !== Node.ELEMENT_NODE) {
      if (live.data !== old.data) throw new Error("a script was here");
      out.push(() => (live.data = next.data));
      return;
    }
    const data = old.matches(DATA);
    if (old.localName === "script" && !data && !old.dataset.page) throw new Error("a script");
    for (const name of new Set([...old.getAttributeNames(), ...next.getAttributeNames()])) {
      const [was, is] = [old.getAttribute(name), next.getAttribute(name)];
      if (was === is) continue;
      if (live.getAttribute(name) !== was || (old.matches(LISTENS) && !old.dataset.page)) throw new Error("a script was here");
      if (old.localName === "link" && old.rel === "stylesheet") continue;
      out.push(() => (is === null ? live.removeAttribute(name) : live.setAttribute(name, is)));
    }
    const [before, after, here] = [[...old.childNodes], [...next.childNodes], [...live.childNodes].filter((child) => child !== host)];
    if (here.length !== before.length) {
      if (before.length === after.length && before.every((child, i) => child.isEqualNode(after[i]))) return;
      throw new Error("a script was here");
    }
    let start = 0;
    while (start < before.length && start < after.length && before[start].isEqualNode(after[start])) start += 1;
    let end = 0;
    while (end < before.length - start && end < after.length - start && before.at(-1 - end).isEqualNode(after.at(-1 - end))) end += 1;
    const gone = before.slice(start, before.length - end);
    const came = after.slice(start, after.length - end);
    if (gone.length === came.length) {
      gone.forEach((child, i) => edits(child, came[i], here[start + i], out));
      return;
    }
    const listens = (node) => node.nodeType === Node.ELEMENT_NODE && (node.matches(LISTENS) || node.querySelector(LISTENS));
    if (gone.some((child, i) => listens(child) || !child.isEqualNode(here[start + i])) || came.some(listens)) throw new Error("it listens");
    const anchor = here[before.length - end] ?? null;
    const removed = here.slice(start, before.length - end);
    out.push(() => {
      removed.forEach((child) => child.remove());
      came.forEach((child) => live.insertBefore(document.importNode(child, true), anchor));
    });
  };

  const update = async () => {
    const old = sent;
    if (!old) return on.reload();
    try {
      const next = await read();
      const all = [];
      edits(old.documentElement, next.documentElement, document.documentElement, all);
      all.forEach((edit) => edit());
      sent = next;
      seen = { ...digests(next) };
    } catch {
      on.reload();
    }
  };

  const on = {
    reload() {
      keep();
      location.reload();
    },
    // One after the other: each begins with what the last one left.
    page: () => (turn = turn.then(update)),
    styles(wanted) {
      sheets().forEach((link, i) => {
        const sheet = wanted.sheets[i];
        if (sheet && link.getAttribute("href") !== sheet.href) swap(link, sheet.href, sheet.integrity);
      });
      seen = { page: wanted.page, shape: wanted.shape };
      sent = undefined;
      remember();
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
      const note = found.earlier ? "Behind this stands the page as it last was without errors." : "This page has them.";
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

  let seen = { page, shape };
  // The page as it was sent, before scripts had their way with it.
  const remember = async () => {
    const copy = await read().catch(() => undefined);
    // A copy of what came since is not what the reader sees.
    if (copy && digests(copy).page === seen.page) sent = copy;
  };

  let events;
  const connect = () => {
    events = new EventSource(`/_hub/live?path=${encodeURIComponent(path)}&page=${seen.page}&shape=${seen.shape}`);
    for (const [name, act] of Object.entries(on)) {
      events.addEventListener(name, (event) => act(JSON.parse(event.data)));
    }
    // The server was restarted, or this machine slept: what the page shows now is said anew.
    events.onerror = () => {
      events.close();
      setTimeout(connect, 300);
    };
  };

  restore();
  connect();
  const idle = window.requestIdleCallback ?? ((then) => setTimeout(then, 50));
  addEventListener("load", () => idle(remember));
  // A browser that goes back to the page shows it as it was: it asks again.
  addEventListener("pageshow", (event) => event.persisted && on.reload());
  addEventListener("pagehide", () => {
    events.onerror = null;
    events.close();
  });
})();
