// Opens a sealed file with the key in the address. docs/gate-format.md describes the file.
const root = document.getElementById("unlock");
const state = document.getElementById("unlock-state");
const progress = document.getElementById("unlock-progress");
const save = document.getElementById("unlock-save");
const MAGIC = "HUBGATE1";
const SLOT = 48;
const TAG = 16;

/** Why a file cannot be opened: the name of a message on the page. */
class Refusal extends Error {}

function say(name) {
  state.textContent = document.querySelector(`#unlock-messages [data-message="${name}"]`)?.textContent ?? name;
  state.dataset.state = name;
}

function bytesOf(text) {
  const padded = text.replace(/-/g, "+").replace(/_/g, "/");
  return Uint8Array.from(atob(padded), (c) => c.charCodeAt(0));
}

/** The key from the fragment. */
function takeKey() {
  const fragment = location.hash.slice(1);
  if (!fragment) throw new Refusal("no-key");
  let key;
  try {
    key = bytesOf(fragment);
  } catch {
    throw new Refusal("damaged");
  }
  if (key.length !== 32) throw new Refusal("damaged");
  return key;
}

async function fetchAll(url) {
  let response;
  try {
    response = await fetch(url);
  } catch {
    throw new Refusal("network");
  }
  if (!response.ok) throw new Refusal("network");
  try {
    return new Uint8Array(await response.arrayBuffer());
  } catch {
    throw new Refusal("network");
  }
}

async function contentKey(header, link) {
  const named = new TextEncoder().encode("hub gate slot");
  const hashed = new Uint8Array(await crypto.subtle.digest("SHA-256", new Uint8Array([...named, ...link])));
  const wrapping = await crypto.subtle.importKey("raw", link, "AES-KW", false, ["unwrapKey"]);
  for (let at = 20; at < header.length; at += SLOT) {
    if (header.slice(at, at + 8).some((b, i) => b !== hashed[i])) continue;
    try {
      return await crypto.subtle.unwrapKey("raw", header.slice(at + 8, at + SLOT), wrapping, "AES-KW", "AES-GCM", false, ["decrypt"]);
    } catch {
      break;
    }
  }
  throw new Refusal("damaged");
}

async function open(sealed, link) {
  if (new TextDecoder().decode(sealed.subarray(0, 8)) !== MAGIC || sealed.length < 20) throw new Refusal("truncated");
  const segment = new DataView(sealed.buffer, sealed.byteOffset).getUint32(8);
  const header = sealed.slice(0, 20 + sealed[19] * SLOT);
  const key = await contentKey(header, link);
  const parts = [];
  const count = Math.ceil((sealed.length - header.length) / (segment + TAG));
  for (let i = 0; i < count; i++) {
    const start = header.length + i * (segment + TAG);
    const iv = new Uint8Array(12);
    iv.set(header.subarray(12, 19));
    new DataView(iv.buffer).setUint32(7, i);
    iv[11] = i + 1 === count ? 1 : 0;
    try {
      const part = sealed.subarray(start, start + segment + TAG);
      parts.push(new Uint8Array(await crypto.subtle.decrypt({ name: "AES-GCM", iv, additionalData: header }, key, part)));
    } catch {
      throw new Refusal("truncated");
    }
    progress.value = (i + 1) / count;
  }
  if (parts.length === 0) throw new Refusal("truncated");
  return new Blob(parts);
}

async function unlock() {
  if (!globalThis.crypto?.subtle) throw new Refusal("no-crypto");
  const link = takeKey();
  say("working");
  progress.hidden = false;
  const plain = await open(await fetchAll(root.dataset.sealed), link);
  const length = new DataView(await plain.slice(0, 4).arrayBuffer()).getUint32(0);
  const meta = JSON.parse(await plain.slice(4, 4 + length).text());
  const file = plain.slice(4 + length, plain.size, meta.type);
  if (file.size !== meta.size) throw new Refusal("truncated");
  save.href = URL.createObjectURL(file);
  save.download = meta.name;
  save.hidden = false;
  progress.hidden = true;
  say("done");
  save.focus();
}

/** The key leaves the address bar, so that it is not copied along by accident. */
function dropKey() {
  history.replaceState(null, "", location.pathname + location.search);
}

unlock().then(dropKey, (error) => {
  const reason = error instanceof Refusal ? error.message : "damaged";
  // After a failure of the network, loading the page again must still work.
  if (reason !== "network") dropKey();
  progress.hidden = true;
  say(reason);
});
