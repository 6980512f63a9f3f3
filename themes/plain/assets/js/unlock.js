// Opens sealed files and texts with the key of a link. docs/gate-format.md describes what they are.

const MAGIC = "HUBGATE1";
const FIXED = 20;
const SLOT = 48;
const TAG = 16;
/** Files above this many bytes go straight to the disk where the browser can; others are handed over from memory. */
const LARGE = 64 << 20;
/** So many decrypted bytes are gathered before they become a Blob, which the browser may keep on the disk. */
const GATHERED = 32 << 20;
const NOTHING = new Uint8Array(0);
const KEY = /^[\w-]{43}$/;

/** Why something cannot be opened: the name of a message on the page. */
class Refusal extends Error {}

const bytesOf = (text) => Uint8Array.from(atob(text.replace(/-/g, "+").replace(/_/g, "/")), (c) => c.charCodeAt(0));

/** The key of a link; a wrong one is refused. */
function keyOf(text) {
  if (!KEY.test(text)) throw new Refusal("damaged");
  return bytesOf(text);
}

/** The bytes of a sealed file, fetched part by part; a part may also be at hand. */
class Source {
  #parts;
  #signal;
  #reader = null;
  #chunk = NOTHING;
  /** Bytes that have come. */
  come = 0;

  constructor(parts, signal) {
    this.#parts = [...parts];
    this.#signal = signal;
  }

  /** The next bytes, as many as there is room for; fewer only at the end. */
  async take(room) {
    let at = 0;
    while (at < room.length) {
      if (this.#chunk.length === 0 && !(await this.#more())) break;
      const here = this.#chunk.subarray(0, room.length - at);
      room.set(here, at);
      at += here.length;
      this.#chunk = this.#chunk.subarray(here.length);
    }
    return room.subarray(0, at);
  }

  async #more() {
    try {
      for (;;) {
        if (!this.#reader) {
          if (this.#parts.length === 0) return false;
          const part = this.#parts.shift();
          if (part instanceof Uint8Array) {
            this.#chunk = part;
            return true;
          }
          const response = await fetch(part, { signal: this.#signal });
          if (!response.ok || !response.body) throw new Refusal("network");
          this.#reader = response.body.getReader();
        }
        const { done, value } = await this.#reader.read();
        if (done) {
          this.#reader = null;
        } else if (value.length > 0) {
          this.#chunk = value;
          this.come += value.length;
          return true;
        }
      }
    } catch (error) {
      throw error instanceof Refusal ? error : new Refusal("network");
    }
  }
}

async function contentKey(header, link) {
  const named = new TextEncoder().encode("hub gate slot");
  const hashed = new Uint8Array(await crypto.subtle.digest("SHA-256", new Uint8Array([...named, ...link])));
  const wrapping = await crypto.subtle.importKey("raw", link, "AES-KW", false, ["unwrapKey"]);
  for (let at = FIXED; at < header.length; at += SLOT) {
    if (header.subarray(at, at + 8).some((b, i) => b !== hashed[i])) continue;
    const wrapped = header.slice(at + 8, at + SLOT);
    return crypto.subtle.unwrapKey("raw", wrapped, wrapping, "AES-KW", "AES-GCM", false, ["decrypt"]).catch(() => {
      // The link is known, and opens nothing any more.
      throw new Refusal("old");
    });
  }
  throw new Refusal("damaged");
}

/** The decrypted pieces of a sealed file, in order; it ends only after the last one has been checked. */
async function* pieces(source, link) {
  const fixed = await source.take(new Uint8Array(FIXED));
  if (fixed.length < FIXED || new TextDecoder().decode(fixed.subarray(0, 8)) !== MAGIC) throw new Refusal("truncated");
  const segment = new DataView(fixed.buffer).getUint32(8);
  const slots = await source.take(new Uint8Array(fixed[19] * SLOT));
  if (segment === 0 || slots.length < fixed[19] * SLOT) throw new Refusal("truncated");
  const header = new Uint8Array(FIXED + slots.length);
  header.set(fixed);
  header.set(slots, FIXED);
  const key = await contentKey(header, link);
  // Two rooms, used in turn.
  const rooms = [new Uint8Array(segment + TAG), new Uint8Array(segment + TAG)];
  let piece = await source.take(rooms[0]);
  for (let index = 0; ; index++) {
    const next = piece.length === segment + TAG ? await source.take(rooms[(index + 1) % 2]) : NOTHING;
    const iv = new Uint8Array(12);
    iv.set(header.subarray(12, 19));
    new DataView(iv.buffer).setUint32(7, index);
    iv[11] = next.length === 0 ? 1 : 0;
    const algorithm = { name: "AES-GCM", iv, additionalData: header };
    const plain = await crypto.subtle.decrypt(algorithm, key, piece).catch(() => {
      throw new Refusal("truncated");
    });
    yield new Uint8Array(plain);
    if (next.length === 0) return;
    piece = next;
  }
}

/** Splits the first piece: what the file says about itself, and where its bytes begin. */
function describe(piece) {
  if (piece.length < 4) throw new Refusal("truncated");
  const length = new DataView(piece.buffer, piece.byteOffset).getUint32(0);
  if (piece.length < 4 + length) throw new Refusal("truncated");
  return { about: JSON.parse(new TextDecoder().decode(piece.subarray(4, 4 + length))), rest: piece.subarray(4 + length) };
}

/** What a sealed file says about itself; no more of it is fetched than its beginning. */
async function peek(parts, link) {
  const stop = new AbortController();
  try {
    for await (const piece of pieces(new Source(parts, stop.signal), link)) return describe(piece).about;
  } finally {
    stop.abort();
  }
}

/** Opens a sealed file into a sink, which is closed only if all of it came and nothing was changed. */
async function open(parts, link, sink, progress) {
  const source = new Source(parts);
  let about = null;
  let size = 0;
  try {
    for await (const piece of pieces(source, link)) {
      let rest = piece;
      if (!about) ({ about, rest } = describe(piece));
      size += rest.length;
      if (rest.length > 0) await sink.write(rest);
      progress?.(source.come);
    }
    if (size !== about.size) throw new Refusal("truncated");
    return await sink.close(about);
  } catch (error) {
    await sink.abort?.();
    if (error instanceof Refusal) throw error;
    throw new Refusal(error?.name === "QuotaExceededError" || error instanceof RangeError ? "quota" : "damaged");
  }
}

/** Keeps a file until the reader saves it. */
class InMemory {
  #blobs = [];
  #gathered = [];
  #size = 0;

  write(bytes) {
    this.#gathered.push(bytes);
    this.#size += bytes.length;
    if (this.#size >= GATHERED) this.#gather();
  }

  #gather() {
    this.#blobs.push(new Blob(this.#gathered));
    this.#gathered = [];
    this.#size = 0;
  }

  close(about) {
    this.about = about;
    this.#gather();
    return new Blob(this.#blobs, { type: about.type });
  }
}

/** Tells the pages of this tab that the reader has it, so that they show the next step. */
function unlocked(magnet) {
  try {
    sessionStorage.setItem(`hub:asked:${magnet}`, "1");
  } catch {
    // Storage is forbidden: the form is shown again.
  }
}

/** Keeps the link of a magnet on this device, if the reader wants it. */
const memory = {
  name: (magnet) => `hub:magnet:${magnet}`,
  get(magnet) {
    try {
      const kept = localStorage.getItem(this.name(magnet));
      return kept && KEY.test(kept) ? kept : null;
    } catch {
      return null;
    }
  },
  set(magnet, key) {
    try {
      if (key) localStorage.setItem(this.name(magnet), key);
      else localStorage.removeItem(this.name(magnet));
      return true;
    } catch {
      return false;
    }
  },
};

/** Takes the key out of the address, so that it is not copied along by accident. */
function takeFragment(prefix) {
  const fragment = location.hash.slice(1);
  if (!fragment.startsWith(prefix) || fragment === prefix) return null;
  history.replaceState(null, "", location.pathname + location.search);
  return fragment.slice(prefix.length);
}

/** Puts it back: after a failure of the network, loading the page again must still work. */
function restoreFragment(fragment) {
  history.replaceState(null, "", `${location.pathname}${location.search}#${fragment}`);
}

const usable = () => globalThis.isSecureContext && globalThis.crypto?.subtle;

/** Shows one of the messages that the page brings along. */
function say(scope, state, name) {
  state.textContent = scope.querySelector(`[data-message="${name}"]`)?.textContent ?? name;
  state.dataset.state = name;
}

function sizeOf(bytes) {
  const [unit, by] = [["gigabyte", 1e9], ["megabyte", 1e6], ["kilobyte", 1e3], ["byte", 1]].find(([, by]) => bytes >= by) ?? ["byte", 1];
  const style = { style: "unit", unit, maximumFractionDigits: 1 };
  return new Intl.NumberFormat(document.documentElement.lang || "en", style).format(bytes / by);
}

/** A checkbox that keeps the key on this device, and forgets it. */
function offerMemory(box, magnet, key) {
  const input = box?.querySelector("input");
  if (!input) return;
  input.checked = memory.get(magnet) === key;
  input.onchange = () => {
    if (!memory.set(magnet, input.checked ? key : null)) input.checked = false;
  };
  box.hidden = false;
}

/** The page that the e-mailed link opens. */
function unlockPage(root) {
  const find = (name) => root.querySelector(`#unlock-${name}`);
  const [state, progress, list, again, ask] = ["state", "progress", "files", "again", "ask"].map(find);
  const magnet = root.dataset.magnet;
  const items = [...list.children].map((element) => ({
    element,
    parts: element.dataset.parts.split(" "),
    bytes: Number(element.dataset.bytes),
    link: element.querySelector("a"),
    button: element.querySelector("button"),
  }));
  const fragment = takeFragment("");
  const text = fragment ?? memory.get(magnet);

  function fail(error) {
    const reason = error instanceof Refusal ? error.message : "damaged";
    progress.hidden = true;
    list.hidden = items.every((item) => item.link.hidden && item.button.hidden);
    again.hidden = !["network", "truncated"].includes(reason);
    ask.hidden = !["no-key", "damaged", "old"].includes(reason);
    if (reason === "network" && fragment) restoreFragment(fragment);
    // What is remembered and opens nothing any more is forgotten.
    if (["damaged", "old"].includes(reason) && !fragment) memory.set(magnet, null);
    say(root, state, reason);
  }

  function begin(item) {
    takeFragment("");
    again.hidden = true;
    progress.max = item.bytes;
    progress.value = 0;
    progress.hidden = false;
    say(root, state, "working");
  }

  function name(item, about) {
    item.about = about;
    list.hidden = false;
    const [shown, size] = item.element.querySelectorAll("span");
    shown.textContent = about.name;
    size.textContent = sizeOf(about.size);
    for (const control of [item.link, item.button]) control.setAttribute("aria-describedby", shown.id);
  }

  /** From memory: small files, and large ones where the browser has no other way. */
  async function fetchItem(item, link) {
    begin(item);
    const sink = new InMemory();
    const blob = await open(item.parts, link, sink, (come) => (progress.value = come));
    name(item, sink.about);
    item.link.href = URL.createObjectURL(blob);
    item.link.download = item.about.name;
    item.button.hidden = true;
    item.link.hidden = false;
    progress.hidden = true;
    say(root, state, "done");
    unlocked(magnet);
    item.link.focus();
  }

  /** Straight to a file that the reader chooses. It gets its name only when all of it was checked. */
  async function saveItem(item, link) {
    let writable;
    try {
      const handle = await globalThis.showSaveFilePicker({ suggestedName: item.about.name });
      writable = await handle.createWritable();
    } catch (error) {
      if (error?.name === "AbortError") return;
      throw new Refusal("denied");
    }
    begin(item);
    const sink = {
      write: (bytes) => writable.write(bytes),
      close: () => writable.close(),
      abort: () => writable.abort().catch(() => {}),
    };
    await open(item.parts, link, sink, (come) => (progress.value = come));
    progress.hidden = true;
    say(root, state, "saved");
    unlocked(magnet);
    state.focus();
  }

  const large = (item) => item.bytes > LARGE && "showSaveFilePicker" in globalThis;

  async function start() {
    if (!usable()) throw new Refusal("no-crypto");
    if (!text) throw new Refusal("no-key");
    const link = keyOf(text);
    /** Does a step; the button does it again after a failure that may pass. */
    const guarded = (step) => {
      again.onclick = () => guarded(step);
      return step().catch(fail);
    };
    say(root, state, "working");
    if (items.length === 1 && !large(items[0])) {
      return guarded(async () => {
        await fetchItem(items[0], link);
        offerMemory(find("remember"), magnet, text);
      });
    }
    return guarded(async () => {
      takeFragment("");
      again.hidden = true;
      for (const item of items) name(item, await peek(item.parts, link));
      for (const item of items) {
        item.button.hidden = false;
        item.button.onclick = () => guarded(() => (large(item) ? saveItem(item, link) : fetchItem(item, link)));
      }
      offerMemory(find("remember"), magnet, text);
      say(root, state, "ready");
      items[0].button.focus();
    });
  }

  start().catch(fail);
}

/** Texts that are sealed in an article. */
function revealTexts(roots) {
  const fragment = takeFragment("gate=");
  const opened = roots.map(async (root) => {
    const state = root.querySelector(".gate-state");
    const text = fragment ?? memory.get(root.dataset.magnet);
    if (!text) return;
    try {
      if (!usable()) throw new Refusal("no-crypto");
      say(root, state, "working");
      const blob = await open([bytesOf(root.dataset.sealed)], keyOf(text), new InMemory());
      const body = root.querySelector(".gate-text");
      // It is authenticated: nobody but the author of the page wrote it.
      body.innerHTML = await blob.text();
      body.hidden = false;
      root.querySelector(".gate-closed").hidden = true;
      say(root, state, "done");
      unlocked(root.dataset.magnet);
      offerMemory(root.querySelector(".gate-remember"), root.dataset.magnet, text);
      return body;
    } catch (error) {
      const reason = error instanceof Refusal ? error.message : "damaged";
      if (!fragment) {
        // What is remembered and opens nothing any more is forgotten, and the reader asks anew.
        if (["damaged", "old"].includes(reason)) memory.set(root.dataset.magnet, null);
        state.textContent = "";
        return;
      }
      // With several gates on a page, the link is for one of them.
      if (reason === "damaged" && roots.length > 1) {
        state.textContent = "";
        return;
      }
      say(root, state, reason);
    }
  });
  Promise.all(opened).then((bodies) => {
    const first = bodies.find((body) => body);
    if (!first || !fragment) return;
    first.focus({ preventScroll: true });
    first.scrollIntoView({ block: "start" });
  });
}

const page = document.getElementById("unlock");
if (page?.dataset.magnet) unlockPage(page);
const texts = [...document.querySelectorAll("[data-gate]")];
if (texts.length > 0) revealTexts(texts);
