"use strict";
// Copies a post; says so in the button, and to those who do not see it.
const said = document.getElementById("said");
for (const button of document.querySelectorAll("button.copy")) {
  button.hidden = false;
  button.addEventListener("click", async () => {
    const from = document.getElementById(button.dataset.from ?? "");
    const text = button.dataset.text ?? from.dataset.copy;
    try {
      await navigator.clipboard.writeText(text);
    } catch {
      // A page opened from the disk may not reach the clipboard: the text is selected instead.
      const shown = from ?? button.closest("article").querySelector(`[data-copy="${CSS.escape(text)}"]`);
      if (shown) getSelection().selectAllChildren(shown);
      said.textContent = "The text is selected: copy it with the keyboard.";
      return;
    }
    said.textContent = "Copied.";
    const before = button.innerHTML;
    button.textContent = "Copied";
    button.classList.add("done");
    setTimeout(() => {
      button.innerHTML = before;
      button.classList.remove("done");
    }, 1500);
  });
}
