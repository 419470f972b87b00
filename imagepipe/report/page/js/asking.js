// Two small dialogs: why a picture is rejected, and what another try should be.

/** @typedef {{note: string, retry: Retry | null}} Answer */

class Asking {
  constructor() {
    this.dialog = element("dialog", { class: "ask", "aria-labelledby": "ask-title" });
    document.body.append(this.dialog);
    this.dialog.addEventListener("keydown", (event) => event.stopPropagation());
  }

  /**
   * @param {Entry[]} entries
   * @returns {Promise<Answer | null>} null if it was called off
   */
  reject(entries) {
    const note = noteField(sharedNote(entries), "What is wrong with it (may stay empty)");
    return this.ask(`Reject ${several(entries)}`, "Reject", [note.label], () => ({
      note: note.area.value.trim(),
      retry: null,
    }));
  }

  /**
   * @param {Entry[]} entries
   * @param {string[]} providers that can be asked
   * @returns {Promise<Answer | null>}
   */
  retry(entries, providers) {
    const one = entries.length === 1 ? entries[0] : null;
    const seed = element("input", { type: "checkbox", checked: true });
    const prompt = element("textarea", {
      rows: one ? 5 : 2,
      placeholder: one ? "" : "As it is. What is written here is asked for all of them.",
    });
    prompt.value = one?.prompt ?? "";
    const provider = providerField(entries, providers);
    const model = element("input", { type: "text", placeholder: "As it is", autocomplete: "off" });
    const note = noteField(sharedNote(entries), "Why (may stay empty)");
    const moved = labelled("Model there", model, "model");
    moved.hidden = true;
    provider.addEventListener("change", () => (moved.hidden = provider.value === ""));
    const same = labelled("Another seed", seed, "tick");
    const fields = [same, labelled("Prompt", prompt), labelled("Provider", provider), moved];
    return this.ask(
      `Another try of ${several(entries)}`,
      "Ask for it",
      [...fields, note.label],
      () => ({ note: note.area.value.trim(), retry: wanted(one, seed, prompt, provider, model) }),
      "Nothing is asked for: choose another seed, prompt or provider.",
    );
  }

  /**
   * @param {string} title
   * @param {string} act
   * @param {Node[]} fields
   * @param {() => Answer} read
   * @param {string} [empty] said if another try asks for nothing
   * @returns {Promise<Answer | null>}
   */
  ask(title, act, fields, read, empty = "") {
    const said = element("p", { class: "wrong", role: "alert" });
    const form = element(
      "form",
      { method: "dialog" },
      element("h2", { id: "ask-title" }, foreign(title)),
      ...fields,
      said,
      element(
        "div",
        { class: "buttons" },
        element("button", { type: "button", class: "plain", onclick: () => this.dialog.close() }, "Cancel"),
        element("button", { type: "submit", class: "main" }, act),
      ),
    );
    this.dialog.replaceChildren(form);
    return new Promise((settle) => {
      /** @type {Answer | null} */
      let answer = null;
      form.addEventListener("submit", (event) => {
        event.preventDefault();
        const found = read();
        if (empty && found.retry && !Object.keys(found.retry).length) {
          said.textContent = empty;
          return;
        }
        answer = found;
        this.dialog.close();
      });
      form.addEventListener("keydown", (event) => {
        if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) form.requestSubmit();
      });
      this.dialog.addEventListener("close", () => settle(answer), { once: true });
      this.dialog.showModal();
      const first = form.querySelector("textarea, input");
      if (first instanceof HTMLElement) first.focus();
    });
  }
}

/**
 * What differs from how it is asked for now; what was asked for before stays asked for.
 *
 * @param {Entry | null} one
 * @param {HTMLInputElement} seed
 * @param {HTMLTextAreaElement} prompt
 * @param {HTMLSelectElement} provider
 * @param {HTMLInputElement} model
 * @returns {Retry}
 */
function wanted(one, seed, prompt, provider, model) {
  /** @type {Retry} */
  const retry = {};
  const text = prompt.value.trim();
  if (text && text !== (one?.prompt ?? "").trim()) retry.prompt = text;
  if (provider.value) retry.provider = provider.value;
  if (provider.value && model.value.trim()) retry.model = model.value.trim();
  if (seed.checked) retry.seed = "new";
  return retry;
}

/**
 * @param {Entry[]} entries
 * @param {string[]} providers
 */
function providerField(entries, providers) {
  const now = [...new Set(entries.map((entry) => entry.provider))];
  const others = now.length === 1 ? providers.filter((name) => name !== now[0]) : providers;
  return element(
    "select",
    {},
    element("option", { value: "" }, `As it is (${shortened(now.join(", "), 40)})`),
    ...others.map((name) => element("option", { value: name }, name)),
  );
}

/**
 * @param {string} text
 * @param {string} words
 */
function noteField(text, words) {
  const area = element("textarea", { rows: 2, maxlength: 2000 });
  area.value = text;
  return { area, label: labelled(words, area) };
}

/**
 * @param {string} words
 * @param {HTMLElement} control
 * @param {string} [kind]
 */
function labelled(words, control, kind = "") {
  const name = element("span", {}, words);
  const parts = kind === "tick" ? [control, name] : [name, control];
  return element("label", { class: `field ${kind}` }, ...parts);
}

/**
 * The note that all of them have.
 *
 * @param {Entry[]} entries
 */
function sharedNote(entries) {
  const notes = new Set(entries.map((entry) => entry.review?.note ?? ""));
  return notes.size === 1 ? [...notes][0] : "";
}

/** @param {Entry[]} entries */
function several(entries) {
  return entries.length === 1 ? title(entries[0]) : `${counted(entries.length)} pictures`;
}
