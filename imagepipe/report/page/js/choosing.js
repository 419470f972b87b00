// Which pictures are chosen, to decide on all of them at once: boxes over the tiles, and a bar.

class Choosing {
  /**
   * @param {Page} page
   * @param {(entry: Entry[]) => Node[]} tools
   */
  constructor(page, tools) {
    this.page = page;
    this.tools = tools;
    /** @type {Set<string>} */
    this.ids = new Set();
    /** @type {string} the picture from which a range goes */
    this.from = "";
    this.bar = element("div", { class: "chosen", role: "region", "aria-label": "Chosen pictures" });
    this.bar.hidden = true;
    document.body.append(this.bar);
    page.grid.beside = (entry) => this.box(entry);
  }

  /** @returns {Entry[]} */
  get entries() {
    return this.page.gallery.pictures.filter(({ id }) => this.ids.has(id));
  }

  /** @param {Entry} entry */
  box(entry) {
    const tick = element("input", {
      type: "checkbox",
      "aria-label": `Choose ${title(entry)}`,
      "data-choose": entry.id,
      checked: this.ids.has(entry.id),
    });
    tick.addEventListener("click", (event) => this.toggle(entry, event.shiftKey));
    return element("label", { class: "choose" }, tick);
  }

  /**
   * @param {Entry} entry
   * @param {boolean} range all from the one that was chosen last
   */
  toggle(entry, range = false) {
    const chosen = !this.ids.has(entry.id);
    const { order } = this.page.grid.layout;
    const ids = order.map(({ id }) => id);
    const [one, other] = [ids.indexOf(this.from), ids.indexOf(entry.id)];
    const all =
      range && one >= 0 ? ids.slice(Math.min(one, other), Math.max(one, other) + 1) : [entry.id];
    for (const id of all) {
      if (chosen) this.ids.add(id);
      else this.ids.delete(id);
    }
    this.from = entry.id;
    this.show();
  }

  clear() {
    this.ids.clear();
    this.show();
  }

  chooseAll() {
    for (const { id } of this.page.grid.layout.order) this.ids.add(id);
    this.show();
  }

  show() {
    const entries = this.entries;
    const focused = focusedMark("data-tool");
    this.bar.hidden = !entries.length;
    document.body.classList.toggle("choosing", entries.length > 0);
    for (const tick of this.page.grid.place.querySelectorAll("[data-choose]")) {
      const box = /** @type {HTMLInputElement} */ (tick);
      box.checked = this.ids.has(box.dataset.choose ?? "");
    }
    document.body.style.removeProperty("--bars");
    if (!entries.length) return;
    const shown = this.page.grid.layout.order.length;
    const more = shown > entries.length;
    this.bar.replaceChildren(
      element("strong", { role: "status" }, `${counted(entries.length)} chosen`),
      element("div", { class: "tools" }, ...this.tools(entries)),
      element(
        "div",
        { class: "tools which" },
        more ? tool("all", `All ${counted(shown)} shown`, "", () => this.chooseAll()) : null,
        tool("none", "None", "Escape", () => this.clear()),
      ),
    );
    document.body.style.setProperty("--bars", `${this.bar.offsetHeight}px`);
    if (focused) focusMarked(this.bar, "data-tool", focused);
  }
}

/**
 * A button that says its key.
 *
 * @param {string} name
 * @param {string} words
 * @param {string} key
 * @param {() => void} act
 * @param {{pressed?: boolean, disabled?: boolean}} [state]
 */
function tool(name, words, key, act, { pressed, disabled = false } = {}) {
  return element(
    "button",
    {
      type: "button",
      class: `tool ${name}`,
      "data-tool": name,
      "aria-pressed": pressed === undefined ? null : String(pressed),
      title: key ? `${words} (${key})` : null,
      disabled,
      onclick: act,
    },
    words,
  );
}
