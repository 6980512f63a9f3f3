// Opt-in forms: says what is wrong with an entry, and sends it without leaving the page where the provider's answer can be
// read. Without this script the browser does both.

/** Longer than any provider takes for an answer. */
const PATIENCE = 30_000;

/** The element that is marked when a control is wrong: of radio buttons, their group. */
function marked(control) {
  return control.type === "radio" ? control.closest("fieldset") : control;
}

function mark(control, wrong) {
  const element = marked(control);
  const error = document.getElementById(`${element.id}-error`);
  if (!error) return;
  const ids = new Set((element.getAttribute("aria-describedby") ?? "").split(" ").filter(Boolean));
  if (wrong) {
    element.setAttribute("aria-invalid", "true");
    ids.add(error.id);
  } else {
    element.removeAttribute("aria-invalid");
    if (!control.required) ids.delete(error.id);
  }
  if (ids.size) element.setAttribute("aria-describedby", [...ids].join(" "));
  else element.removeAttribute("aria-describedby");
}

/** The fields of a form for its provider's API, as [content type or null, body]. */
function written(form) {
  const data = new FormData(form);
  const json = (value) => ["application/json", JSON.stringify(value)];
  switch (form.dataset.body) {
    case "hubspot": {
      const fields = [...data].filter(([, value]) => value !== "").map(([name, value]) => ({ objectTypeId: "0-1", name, value }));
      return json({ fields, context: { pageUri: location.origin + location.pathname, pageName: document.title } });
    }
    case "listmonk":
      return json({ email: data.get("email"), name: data.get("name") ?? "", list_uuids: data.getAll("l") });
    default:
      // The browser writes the header: that of several parts names their boundary.
      return [null, form.enctype === "multipart/form-data" ? data : new URLSearchParams(data)];
  }
}

/** Whether an answer says that the entry was taken. Some providers answer 200 and say in the text that it was not. */
async function taken(response) {
  if (!response.ok) return false;
  const answer = await response.json().catch(() => null);
  if (answer === null || typeof answer !== "object") return true;
  const refused = [answer.success, answer.ok].some((v) => v === false || v === 0 || v === "false");
  return !refused && !(Array.isArray(answer.errors) ? answer.errors.length : answer.errors);
}

class Sending {
  constructor(form) {
    this.form = form;
    this.state = form.querySelector(".state");
    this.button = form.querySelector('button[type="submit"]');
    this.label = this.button.textContent;
    this.busy = false;
    this.began = null;
    form.noValidate = true;
    this.button.disabled = false;
    form.addEventListener("focusin", () => (this.began ??= performance.now()), { once: true });
    form.addEventListener("input", (event) => marked(event.target)?.hasAttribute("aria-invalid") && this.check(event.target));
    form.addEventListener("submit", (event) => this.submit(event));
    form.addEventListener("formdata", (event) => this.time(event.formData));
    form.querySelectorAll(".plain").forEach((button) => button.addEventListener("click", () => form.submit()));
    // Back from the page that followed: the form is ready again.
    addEventListener("pageshow", (event) => event.persisted && this.rest());
  }

  check(control) {
    const right = control.validity?.valid ?? true;
    mark(control, !right);
    return right;
  }

  /** How long the reader took: robots take no time. */
  time(data) {
    const field = this.form.querySelector('[data-fill="seconds"]');
    if (field && this.began !== null) data.set(field.name, String(Math.round((performance.now() - this.began) / 1000)));
  }

  submit(event) {
    if (this.busy) return event.preventDefault();
    const wrong = [...this.form.elements].filter((control) => control.willValidate && !this.check(control));
    if (wrong.length) {
      event.preventDefault();
      this.say("wrong");
      return wrong[0].focus();
    }
    this.work();
    if (!this.form.dataset.fetch) return;
    event.preventDefault();
    this.send();
  }

  async send() {
    const { fetch: url, answer } = this.form.dataset;
    const [type, body] = written(this.form);
    const opaque = answer === "opaque";
    const headers = opaque ? {} : { Accept: "application/json", ...(type && { "Content-Type": type }) };
    const options = { method: "POST", body, headers, mode: opaque ? "no-cors" : "cors" };
    let response;
    try {
      response = await fetch(url, { ...options, signal: AbortSignal.timeout(PATIENCE) });
    } catch {
      return this.fail("unreached");
    }
    if (opaque) return this.done("opaque");
    if (await taken(response)) return this.done("sent");
    this.fail(response.status >= 500 || response.status === 429 ? "failed" : "refused");
  }

  work() {
    this.busy = true;
    this.button.setAttribute("aria-disabled", "true");
    this.say("sending");
  }

  rest() {
    this.busy = false;
    this.button.removeAttribute("aria-disabled");
    this.button.textContent = this.label;
    this.say("");
  }

  say(name) {
    this.state.textContent = this.state.dataset[name] ?? "";
    this.form.dataset.state = name;
    if (name === "sending") this.button.textContent = this.state.textContent;
  }

  fail(name) {
    this.rest();
    this.say(name);
    const again = this.form.querySelector(".again");
    if (again && name !== "refused") again.hidden = false;
    this.state.focus();
  }

  /** The entry is away; what can still be done stands in place of the form. */
  done(name) {
    this.rest();
    this.form.dataset.state = name;
    const sent = this.form.querySelector(".sent");
    for (const child of this.form.children) child.hidden = child !== sent;
    sent.focus();
    this.form.dispatchEvent(new CustomEvent("hub:sent", { bubbles: true, detail: { certain: name === "sent" } }));
  }
}

for (const form of document.querySelectorAll("form.form")) new Sending(form);
