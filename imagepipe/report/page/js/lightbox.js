// The picture that is open, over the page: itself, against an earlier one, or beside its variants,
// with everything that is known of it.

const PATHS = {
  close: "M5 5l10 10M15 5L5 15",
  previous: "M12.5 4.5L7 10l5.5 5.5",
  next: "M7.5 4.5L13 10l-5.5 5.5",
  larger: "M10 5v10M5 10h10",
  smaller: "M5 10h10",
  about: "M10 9.5V14M10 6.2v.1M3 10a7 7 0 1014 0 7 7 0 10-14 0",
};

class Lightbox {
  /**
   * @param {{go: (step: number) => void, close: () => void, open: (entry: Entry) => void,
   *   view: (view: string) => void}} asked
   */
  constructor(asked) {
    this.asked = asked;
    this.dialog = /** @type {HTMLDialogElement} */ (part("lightbox"));
    /** Which earlier picture is compared with: 0 is the latest. */
    this.version = 0;
    /** @type {Entry | null} */
    this.entry = null;
    /** @type {((entry: Entry) => Node[]) | null} what can be done with the picture that is open */
    this.tools = null;
    /** @type {Record<string, () => void>} by key */
    this.toolKeys = {};
    this.build();
    this.stage = new Stage(part("stage"), (step) => (step ? asked.go(step) : asked.close()));
    this.dialog.addEventListener("cancel", (event) => {
      event.preventDefault();
      asked.close();
    });
    this.dialog.addEventListener("keydown", (event) => this.onKey(event));
  }

  build() {
    const { go, close } = this.asked;
    /** @type {(name: keyof typeof PATHS, words: string, act: () => void, kind?: string) => Node} */
    const button = (name, words, act, kind = "") =>
      element(
        "button",
        { type: "button", class: `round ${kind}`, "aria-label": words, title: words, onclick: act },
        icon(PATHS[name]),
      );
    this.dialog.append(
      element(
        "div",
        { class: "head" },
        element("h2", { id: "lightbox-title" }),
        element("span", { class: "position", id: "position" }),
        element("div", { class: "views", id: "views", role: "group", "aria-label": "View" }),
        button("about", "Details (i)", () => this.toggleDetails(), "about"),
        button("close", "Close (Escape)", close),
      ),
      element(
        "div",
        { class: "stage", id: "stage" },
        element("div", { class: "shown", id: "shown" }),
        button("previous", "Previous picture (left arrow)", () => go(-1), "previous"),
        button("next", "Next picture (right arrow)", () => go(1), "next"),
        element(
          "div",
          { class: "zooms", id: "zooms" },
          button("smaller", "Smaller (-)", () => this.stage.zoom(1 / 1.4)),
          button("larger", "Larger (+)", () => this.stage.zoom(1.4)),
        ),
      ),
      element("div", { class: "details", id: "details", tabindex: 0, role: "region" }),
      element("div", { class: "judge", id: "judge", role: "group", "aria-label": "Decision" }),
    );
    part("details").setAttribute("aria-label", "Details");
  }

  get isOpen() {
    return this.dialog.open;
  }

  /**
   * @param {Entry} entry
   * @param {Entry[]} order all pictures that can be gone through
   * @param {Entry[]} alike the variants, itself among them
   * @param {string} view
   */
  show(entry, order, alike, view) {
    if (this.entry !== entry) this.version = 0;
    this.entry = entry;
    const views = possibleViews(entry, alike);
    const chosen = views.some(([name]) => name === view) ? view : "picture";
    const before = entry.earlier[this.version] ?? null;
    part("lightbox-title").replaceChildren(foreign(title(entry)));
    part("position").textContent =
      `${counted(order.indexOf(entry) + 1)} of ${counted(order.length)}`;
    this.showViews(views, chosen);
    this.showPicture(entry, alike, chosen, before);
    const compared = chosen === "before" || !entry.image ? before : null;
    part("details").replaceChildren(...details(entry, compared, this.versions(entry)));
    part("details").scrollTop = 0;
    this.showTools(entry);
    const fresh = !this.dialog.open;
    if (fresh) this.dialog.showModal();
    // What had the focus may be gone, and keys would go past the dialog.
    if (fresh || !this.dialog.contains(document.activeElement)) this.dialog.focus();
    preload(order, order.indexOf(entry));
  }

  /** @param {Entry} entry */
  showTools(entry) {
    const focused = focusedMark("data-tool");
    part("judge").replaceChildren(...(this.tools ? this.tools(entry) : []));
    if (focused) focusMarked(part("judge"), "data-tool", focused);
  }

  /**
   * @param {[string, string][]} views
   * @param {string} chosen
   */
  showViews(views, chosen) {
    const focused = focusedMark("data-view");
    part("views").replaceChildren(
      ...(views.length < 2 ? [] : views).map(([name, words]) =>
        element(
          "button",
          {
            type: "button",
            "data-view": name,
            "aria-pressed": String(name === chosen),
            onclick: () => this.asked.view(name),
          },
          words,
        ),
      ),
    );
    if (focused) focusMarked(part("views"), "data-view", chosen);
  }

  /**
   * @param {Entry} entry
   * @param {Entry[]} alike
   * @param {string} view
   * @param {Earlier | null} before
   */
  showPicture(entry, alike, view, before) {
    const shown = part("shown");
    part("stage").dataset.view = view;
    this.stage.show(null);
    if (view === "variants") {
      shown.replaceChildren(sideBySide(alike, entry, this.asked.open));
    } else if (view === "before" && before) {
      shown.replaceChildren(slider(entry, before));
    } else {
      const image = large(entry);
      shown.replaceChildren(image);
      this.stage.show(image instanceof HTMLImageElement ? image : null);
    }
  }

  /**
   * Which of several earlier pictures is compared with.
   *
   * @param {Entry} entry
   */
  versions(entry) {
    if (entry.earlier.length < 2) return null;
    const select = element(
      "select",
      {
        class: "versions",
        "aria-label": "Earlier picture",
        onchange: () => {
          this.version = Number(select.value);
          this.asked.view("before");
        },
      },
      ...entry.earlier.map((one, number) => {
        const when = one.finished_at ? shortTime.format(new Date(one.finished_at)) : one.key;
        const words = `${number + 1} before · ${shortened(when, 30)}`;
        return element("option", { value: number, selected: number === this.version }, words);
      }),
    );
    return select;
  }

  close() {
    if (this.dialog.open) this.dialog.close();
    this.stage.show(null);
    part("shown").replaceChildren();
  }

  toggleDetails() {
    this.dialog.classList.toggle("plain");
  }

  /** @param {KeyboardEvent} event */
  onKey(event) {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.target instanceof HTMLSelectElement) return;
    if (event.target instanceof HTMLTextAreaElement) return;
    const onSlider = event.target instanceof HTMLInputElement;
    const act = onSlider && event.key.startsWith("Arrow") ? undefined : this.keys()[event.key];
    if (!act) return;
    event.preventDefault();
    act();
  }

  /** @returns {Record<string, () => void>} */
  keys() {
    const { go, view } = this.asked;
    return {
      ArrowLeft: () => go(-1),
      ArrowRight: () => go(1),
      Home: () => go(-Infinity),
      End: () => go(Infinity),
      "+": () => this.stage.zoom(1.4),
      "=": () => this.stage.zoom(1.4),
      "-": () => this.stage.zoom(1 / 1.4),
      0: () => this.stage.fit(),
      i: () => this.toggleDetails(),
      p: () => view("picture"),
      b: () => view("before"),
      v: () => view("variants"),
      ...this.toolKeys,
    };
  }
}

/**
 * @param {Entry} entry
 * @param {Entry[]} alike
 */
function possibleViews(entry, alike) {
  /** @type {[string, string][]} */
  const views = [["picture", "Picture"]];
  if (entry.image && entry.earlier.length) views.push(["before", "Before and after"]);
  if (alike.length > 1) views.push(["variants", `Variants (${alike.length})`]);
  return views;
}

/** @param {Entry} entry */
function large(entry) {
  const shown = picture(entry);
  if (!shown?.picture) {
    const why = shown ? "The picture is not in this report." : STATUS_MEANINGS[entry.status];
    return element("p", { class: "absent" }, why);
  }
  return element("img", {
    class: entry.image ? "" : "outdated",
    src: shown.picture,
    alt: alternative(entry),
    width: shown.width,
    height: shown.height,
    draggable: "false",
  });
}

/**
 * The neighbours' pictures, so that they are there at once.
 *
 * @param {Entry[]} order
 * @param {number} place
 */
function preload(order, place) {
  for (const near of [order[place + 1], order[place - 1]]) {
    const next = near && picture(near)?.picture;
    if (next) new Image().src = next;
  }
}
