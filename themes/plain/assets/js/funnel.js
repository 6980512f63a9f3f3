// How a reader came, and what they have: fills hidden fields, carries the words of a link on, shows the next step, and
// shows offers that lie above the page. It asks no other site, and stores nothing but what docs/funnel.md lists.

/** The words of a link that name the post it stood in. No others are read. */
export const UTM = ["utm_source", "utm_medium", "utm_campaign", "utm_content", "utm_term"];
const CARRIED = [...UTM, "first"];
const LONGEST = 100;

/** A value that may be passed on: cut to 100 characters; "" if it could be an address. */
export function clean(value) {
  const text = String(value ?? "").replace(/\p{Cc}/gu, " ").trim();
  return /@|%40/i.test(text) ? "" : [...text].slice(0, LONGEST).join("");
}

/** The allowed words of an address's query, those that say something. */
export function wordsOf(search) {
  const given = new URLSearchParams(search);
  const pairs = CARRIED.map((name) => [name, clean(given.get(name))]);
  return Object.fromEntries(pairs.filter(([, value]) => value));
}

/** The origin of the other site that led here; "" for this one, for none, and for what is no website. */
export function refererOf(referrer, origin) {
  if (!URL.canParse(referrer)) return "";
  const url = new URL(referrer);
  return /^https?:$/.test(url.protocol) && url.origin !== origin ? clean(url.origin) : "";
}

/** What is carried from a page on: the words of its address, and the first article. */
export function carried(search, article) {
  const words = wordsOf(search);
  const first = words.first || clean(article);
  return first ? { ...words, first } : words;
}

/** The address of a link with the words on it; null for links that are left as they are. */
export function decorate(href, here, base, words) {
  if (!URL.canParse(href, here)) return null;
  const [url, from] = [new URL(href, here), new URL(here)];
  const page = url.pathname.endsWith("/") || url.pathname.endsWith(".html");
  if (url.origin !== from.origin || !url.pathname.startsWith(base) || !page) return null;
  if (url.pathname === from.pathname && url.search === from.search) return null;
  const fresh = Object.entries(words).filter(([name]) => !url.searchParams.has(name));
  if (!fresh.length) return null;
  for (const [name, value] of fresh) url.searchParams.set(name, value);
  return url.href;
}

/** A storage of the browser that never throws: readers may have forbidden it. */
function keep(name) {
  const attempt = (act) => {
    try {
      return act(globalThis[name]);
    } catch {
      return null;
    }
  };
  return {
    get: (key) => attempt((s) => s.getItem(key)),
    set: (key, value) => attempt((s) => s.setItem(key, value)),
    remove: (key) => attempt((s) => s.removeItem(key)),
  };
}

function start(script) {
  const { base, article, thanks, storage, days, scroll, seconds } = script.dataset;
  const has = (name) => name in script.dataset;
  const [tab, device] = [keep("sessionStorage"), keep("localStorage")];
  const flags = has("remember") ? device : tab;
  const flagged = (key) => tab.get(key) !== null || device.get(key) !== null;

  // What the reader has. `hub:magnet:` is written where a file is unlocked, if the reader wants it remembered.
  const asked = (magnet) => flagged(`hub:asked:${magnet}`) || device.get(`hub:magnet:${magnet}`) !== null;
  const remember = (magnet) => flags.set(`hub:asked:${magnet}`, "1");
  if (thanks) remember(thanks);
  // A form that was sent without leaving the page says so.
  document.addEventListener("hub:sent", ({ target }) => {
    const offer = target.closest("[data-offer]");
    if (offer) remember(offer.dataset.offer);
  });

  // What is stored of the way here, once the reader has agreed.
  const way = storage === "device" ? device : tab;
  const agreed = () => Boolean(storage) && device.get("hub:consent") === "yes";
  function stored() {
    if (!agreed()) return {};
    try {
      const kept = JSON.parse(way.get("hub:came") ?? "{}");
      return kept.until > Date.now() ? Object.fromEntries(CARRIED.map((n) => [n, clean(kept[n])]).filter(([, v]) => v)) : {};
    } catch {
      return {};
    }
  }
  function store() {
    if (!agreed()) return;
    const [before, now] = [stored(), carried(location.search, article)];
    const words = UTM.some((name) => now[name]) ? now : { ...now, ...before };
    const first = before.first ?? now.first;
    if (!Object.keys(words).length) return;
    way.set("hub:came", JSON.stringify({ ...words, ...(first && { first }), until: Date.now() + Number(days) * 864e5 }));
  }
  store();
  for (const box of document.querySelectorAll("[data-consent]")) {
    const input = box.querySelector("input");
    box.hidden = false;
    input.checked = agreed();
    input.addEventListener("change", () => {
      if (input.checked) {
        device.set("hub:consent", "yes");
        store();
      } else {
        device.remove("hub:consent");
        [tab, device].forEach((s) => s.remove("hub:came"));
      }
    });
  }

  // At sending, and not before: what the reader never sends is never written anywhere. What the page was built with
  // stays, unless this address says otherwise.
  document.addEventListener(
    "submit",
    ({ target }) => {
      const words = { ...stored() };
      if (has("page")) Object.assign(words, wordsOf(location.search), { referrer: refererOf(document.referrer, location.origin) });
      words.first = (has("links") && carried(location.search, "").first) || words.first || clean(article);
      for (const input of target.querySelectorAll("input[data-fill]")) input.value = words[input.dataset.fill] || input.value;
    },
    true,
  );

  // The address changes for the moment of the click only, so that what a reader copies stays clean.
  if (has("links")) {
    const follow = (event) => {
      const link = event.target.closest?.("a[href]");
      if (!link || link.hasAttribute("download")) return;
      const [before, to] = [link.getAttribute("href"), decorate(link.href, location.href, base, carried(location.search, article))];
      if (!to) return;
      link.setAttribute("href", to);
      setTimeout(() => link.setAttribute("href", before));
    };
    document.addEventListener("click", follow);
    document.addEventListener("auxclick", follow);
  }

  // The next step, in place of a form that has been sent.
  const again = new Set();
  function showNext() {
    for (const offer of document.querySelectorAll("[data-offer]:not([data-float])")) {
      const next = offer.querySelector("[data-asked]");
      if (!next) continue;
      const done = asked(offer.dataset.offer) && !again.has(offer);
      next.hidden = !done;
      offer.querySelectorAll(".offer-words, .form").forEach((part) => (part.hidden = done));
    }
  }
  document.addEventListener("click", (event) => {
    const offer = event.target.closest?.("[data-again]")?.closest("[data-offer]");
    if (!offer) return;
    again.add(offer);
    showNext();
    offer.querySelector(".form :is(input, select, textarea):not([type=hidden], [tabindex='-1'])")?.focus();
  });
  showNext();
  addEventListener("pageshow", showNext);

  document.querySelectorAll("[data-float]").forEach((box) => float(box));

  function float(box) {
    const name = box.dataset.float;
    const closed = `hub:closed:${name}`;
    let before = null;
    let stop = () => {};
    if (flagged(closed) || asked(box.dataset.offer)) return;

    function close() {
      const inside = box.contains(document.activeElement);
      flags.set(closed, "1");
      box.hidden = true;
      stop();
      // Focus that was here goes back to where it came from.
      if (inside) (before?.isConnected ? before : document.querySelector("main a, main")).focus({ preventScroll: true });
    }
    box.querySelector("[data-close]").addEventListener("click", close);
    box.addEventListener("focusin", ({ relatedTarget }) => {
      if (relatedTarget && !box.contains(relatedTarget)) before = relatedTarget;
    });
    document.addEventListener("keydown", (event) => {
      if (event.key === "Escape" && !box.hidden && !event.defaultPrevented) close();
    });
    document.addEventListener("submit", ({ target }) => {
      if (!box.contains(target)) stop();
    });
    stop = name === "bar" ? bar(box) : slideIn(box);
  }

  /** Shows while the reader reads, and not beside another form; gives what ends that. */
  function bar(box) {
    const seen = new Set();
    let ended = false;
    function update() {
      const typing = box.contains(document.activeElement) || box.querySelector("details[open]");
      if (!ended && !typing) box.hidden = seen.size > 0 || scrollY < innerHeight / 2;
    }
    const others = new IntersectionObserver((entries) => {
      for (const { target, isIntersecting } of entries) seen[isIntersecting ? "add" : "delete"](target);
      update();
    });
    document.querySelectorAll("[data-offer]:not([data-float])").forEach((offer) => others.observe(offer));
    addEventListener("scroll", update, { passive: true });
    return () => {
      ended = true;
      box.hidden = true;
    };
  }

  /** Comes once, after a share of the page or some time; gives what ends that. */
  function slideIn(box) {
    // A phone has no room beside the text: there it waits for a second page and for reading, and time alone is no reason.
    const phone = matchMedia("(max-width: 40rem), (max-height: 30rem)").matches;
    const landing = !document.referrer.startsWith(`${location.origin}/`);
    if (phone && landing) return () => {};
    let timer = 0;
    function show() {
      const busy = document.activeElement?.closest?.("form");
      if (busy) return;
      stop();
      box.hidden = false;
    }
    function read() {
      const { scrollHeight } = document.documentElement;
      if (scrollHeight > innerHeight && ((scrollY + innerHeight) / scrollHeight) * 100 >= Number(scroll) && scrollY > 0) show();
    }
    function stop() {
      clearTimeout(timer);
      removeEventListener("scroll", read);
    }
    if (Number(scroll)) addEventListener("scroll", read, { passive: true });
    if (Number(seconds) && !phone) timer = setTimeout(show, Number(seconds) * 1000);
    return () => {
      stop();
      box.hidden = true;
    };
  }
}

const script = globalThis.document?.getElementById("funnel");
if (script) start(script);
