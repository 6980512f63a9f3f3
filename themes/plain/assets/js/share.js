// Copying, and the sharing of the reader's own device. Everything else is a plain link.

const settings = document.getElementById("share-script")?.dataset ?? {};
const said = document.createElement("span");
said.setAttribute("role", "status");
said.className = "said";

/** What is passed on: the words, and where they stand. */
const passed = ({ text, url }) => `${text}\n\n${url}`;

/** Says what happened beside the button, and to those who do not see it. */
function say(button, words) {
  button.after(said);
  said.textContent = "";
  // In the tree before it has words, so that they are announced.
  requestAnimationFrame(() => (said.textContent = words));
}

function offer(button, act) {
  button.parentElement.hidden = false;
  button.addEventListener("click", () => act(button));
}

async function copy(button) {
  try {
    await navigator.clipboard.writeText(passed(button.dataset));
    say(button, settings.copied);
  } catch {
    say(button, settings.failed);
  }
}

async function share({ dataset: { text, url } }) {
  try {
    await navigator.share({ title: text, text, url });
  } catch {
    // The reader thought better of it.
  }
}

if (navigator.clipboard) for (const button of document.querySelectorAll("[data-copy]")) offer(button, copy);
if (navigator.share) for (const button of document.querySelectorAll("[data-share]")) offer(button, share);
